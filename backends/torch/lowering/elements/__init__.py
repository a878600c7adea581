"""Tensors in, one tensor out, element by element; also constants and random tensors."""

from netlang.backends.torch.lowering.elements import (
    activation,
    constants,
    elementary,
    merge,
    random,
)

__all__ = ["activation", "constants", "elementary", "merge", "random"]
