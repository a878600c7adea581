"""A function in the emitted source that refuses inputs of unsuitable sizes."""

from netlang.backends.torch.guard.function import GUARD, guard_lines

__all__ = ["GUARD", "guard_lines"]
