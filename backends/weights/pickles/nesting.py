"""Computes how deep the tuples of a pickle would be nested, from its operations alone.

Python hashes a tuple by its items, recursively and without limit, so a tuple nested 100,000 deep as
a dictionary key crashes the process. Lists and dictionaries can't be keys, and are freed without
recursion.
"""

from __future__ import annotations

import pickletools
from typing import final

__all__ = ["Nesting"]

_TUPLES = ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET")
_KEPT = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_TAKEN = ("GET", "BINGET", "LONG_BINGET")


@final
class Nesting:
    """The pickle's stack, with the depth of each value's tuples in place of the value.

    None stands for a mark. `_memo` has the depths of memoized values.
    """

    def __init__(self) -> None:
        self._stack: list[int | None] = []
        self._memo: dict[object, int] = {}

    def after(self, operation: pickletools.OpcodeInfo, argument: object) -> int:
        """Apply an operation; returns the depth of the value then on top of the stack.

        Raises `ValueError` if it takes values that aren't there.
        """
        name = operation.name
        if name == "MARK":
            self._stack.append(None)
        elif name in _KEPT:
            self._memo[len(self._memo) if name == "MEMOIZE" else argument] = self._top()
        elif name in _TAKEN:
            self._stack.append(self._memo.get(argument, 0))
        else:
            depth = max(self._popped(operation), default=0) + (name in _TUPLES)
            self._stack.extend([depth] * len(operation.stack_after))
        return self._top()

    def _popped(self, operation: pickletools.OpcodeInfo) -> list[int]:
        """The depths of the values that an operation pops."""
        before, found = operation.stack_before, []
        singles = len(before)
        if pickletools.markobject in before:
            singles = before.index(pickletools.markobject)
            while (value := self._pop()) is not None:
                found.append(value)
        return found + [self._pop() or 0 for _ in range(singles)]

    def _pop(self) -> int | None:
        if not self._stack:
            raise ValueError("a damaged file of torch.save")
        return self._stack.pop()

    def _top(self) -> int:
        return self._stack[-1] or 0 if self._stack else 0
