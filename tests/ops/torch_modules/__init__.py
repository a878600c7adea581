"""Every operator as the torch module that it stands for, written by hand.

Independent of every backend: the oracle for shapes, state, and counts of floating point operations.
"""

from tests.ops.torch_modules import (
    arithmetic,
    constants,
    norms,
    others,
    places,
    sequences,
    windows,
)
from tests.ops.torch_modules.base import samples, tensors
from tests.ops.torch_modules.one_example import build

__all__ = [
    "arithmetic", "build", "constants", "norms", "others", "places", "samples", "sequences",
    "tensors", "windows",
]  # fmt: skip
