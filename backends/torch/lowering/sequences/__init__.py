"""Sequences of vectors in, sequences out: what mixes positions."""

from netlang.backends.torch.lowering.sequences import attention, recurrent

__all__ = ["attention", "recurrent"]
