"""Finds the repeats around a node, and the nodes of the first times."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from netlang.ir.program import Item, Node, Repeat

__all__ = ["Repeats", "first_times"]


def first_times(items: Iterable[Item]) -> Iterator[Node]:
    """The nodes among some items; of each repeat, those of the first time."""
    for item in items:
        if isinstance(item, Repeat):
            yield from first_times(item.items)
        else:
            yield item


class Repeats:
    """The repeats among some items, in order, and those inside each."""

    def __init__(self, items: tuple[Item, ...]) -> None:
        self._repeats = [item for item in items if isinstance(item, Repeat)]
        self._firsts = [repeat.first for repeat in self._repeats]
        self._inner = [Repeats(repeat.items) for repeat in self._repeats]

    def folded(self, producer: int) -> int:
        """The corresponding node in the first time of every repeat around it."""
        place = bisect_right(self._firsts, producer) - 1
        if place < 0:
            return producer
        repeat = self._repeats[place]
        if producer >= repeat.first + repeat.size * repeat.count:
            return producer
        once = repeat.first + (producer - repeat.first) % repeat.size
        return self._inner[place].folded(once)
