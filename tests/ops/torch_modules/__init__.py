"""Every operator as the torch module that it stands for, written by hand.

Independent of every backend: the oracle for shapes, state, and counts of floating point operations.
"""

from tests.ops.torch_modules import arithmetic, norms, others, sequences, windows
from tests.ops.torch_modules.base import build, samples, tensors

__all__ = ["arithmetic", "build", "norms", "others", "samples", "sequences", "tensors", "windows"]
