"""Tensors in, one tensor out, element by element; those of given or drawn numbers too."""

from netlang.backends.torch.lowering.elements import (
    activation,
    constants,
    elementary,
    merge,
    random,
)

__all__ = ["activation", "constants", "elementary", "merge", "random"]
