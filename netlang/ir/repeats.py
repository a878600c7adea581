"""Finds the repeats around a node, the nodes of the first times, and the numbers of steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from netlang.ir.program import Item, Node, Repeat

__all__ = ["Repeats", "first_times", "step_number"]

_LONGEST = 4_000
"""The most digits of a number of a step: Python reads 4,300, and no count has as many."""


def step_number(part: str) -> int | None:
    """The number that a part of a path is, written as steps are counted: `5`, but not `05`."""
    if not part.isdecimal():  # most are names
        return None
    counted = part.isascii() and (part[0] != "0" or part == "0") and len(part) <= _LONGEST
    return int(part) if counted else None


def first_times(items: Iterable[Item]) -> Iterator[Node]:
    """The nodes among some items; of each repeat, those of the first time."""
    for item in items:
        if isinstance(item, Node):
            yield item
        else:
            yield from first_times(item.items)


class Repeats:
    """The repeats among some items, in order, and those inside each."""

    def __init__(self, items: tuple[Item, ...]) -> None:
        self._items = items

    @cached_property
    def _found(self) -> tuple[list[Repeat], list[int], list[Repeats]]:
        """The repeats, the first node of each, and those inside each; many functions have none."""
        repeats = [item for item in self._items if not isinstance(item, Node)]
        firsts = [repeat.first for repeat in repeats]
        return repeats, firsts, [Repeats(repeat.items) for repeat in repeats]

    def folded(self, producer: int) -> int:
        """The corresponding node in the first time of every repeat around it."""
        repeats, firsts, inner = self._found
        place = bisect_right(firsts, producer) - 1
        if place < 0:
            return producer
        repeat = repeats[place]
        if producer >= repeat.first + repeat.size * repeat.count:
            return producer
        once = repeat.first + (producer - repeat.first) % repeat.size
        return inner[place].folded(once)
