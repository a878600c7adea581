"""Which nodes reach an output: the last check of a function before it is frozen.

On entry, the nodes are complete. On exit, every node leads to an output, and nodes that lead only
to auxiliary outputs are marked; nodes that lead nowhere have been reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain

from netlang.ir.program import INPUT, Item, Node, Output, Ref, Repeat
from netlang.ir.repeats import Repeats
from netlang.records import replace

__all__ = ["Liveness"]


class Liveness:
    """Reachability over the nodes of `items`, with one time of each repeat for all."""

    def __init__(self, items: tuple[Item, ...], outputs: tuple[Output, ...]) -> None:
        self._items = items
        self._readers = dict(self._reads(items))
        self._spans = Repeats(items)
        deployed = [output.ref for output in outputs if not output.auxiliary]
        self.deployed = self._reached(deployed)
        self._given = every = [output.ref for output in outputs]
        self.all = self.deployed if every == deployed else self._reached(every)

    def dead(self) -> Iterator[Node]:
        """Nodes that nothing reads and that aren't outputs."""
        if len(self.all) == len(self._readers):
            return
        read = {self._spans.folded(ref.producer) for refs in self._readers.values() for ref in refs}
        for index, node in self._numbered(self._items):
            if index not in self.all and index not in read:
                yield node

    def reads_input(self, index: int) -> bool:
        """Whether input `index` leads to an output, or is one itself."""
        return index in self._inputs_read

    def marked(self) -> tuple[Item, ...]:
        """The items, with auxiliary nodes marked."""
        if self.deployed == self.all:
            return self._items
        return tuple(self._mark(self._items, 0))

    def _mark(self, items: tuple[Item, ...], index: int) -> Iterator[Item]:
        for item in items:
            if isinstance(item, Repeat):
                yield replace(item, items=tuple(self._mark(item.items, index)))
                index += item.size * item.count
            else:
                yield replace(item, auxiliary=index not in self.deployed)
                index += 1

    def _numbered(self, items: tuple[Item, ...], index: int = 0) -> Iterator[tuple[int, Node]]:
        for item in items:
            if isinstance(item, Repeat):
                yield from self._numbered(item.items, index)
                index += item.size * item.count
            else:
                yield index, item
                index += 1

    def _reads(
        self, items: tuple[Item, ...], index: int = 0
    ) -> Iterator[tuple[int, tuple[Ref, ...]]]:
        """What each node reads; for the first one of a repeat, also what it reads the next time."""
        for item in items:
            if isinstance(item, Node):
                yield index, item.inputs
                index += 1
                continue
            for producer, refs in self._reads(item.items, index):
                again = (item.carry_out,) if item.carry_in in refs else ()
                yield producer, refs + again
            index += item.size * item.count

    @cached_property
    def _inputs_read(self) -> frozenset[int]:
        """The numbers of the inputs that lead to an output, or are one."""
        used = (refs for producer, refs in self._readers.items() if producer in self.all)
        refs = chain(self._given, *used)
        return frozenset(ref.output for ref in refs if ref.producer == INPUT)

    def _reached(self, roots: list[Ref]) -> set[int]:
        seen: set[int] = set()
        waiting = [ref.producer for ref in roots]
        while waiting:
            producer = waiting.pop()
            if producer not in self._readers:  # an input, or a later time of a repeat
                if producer == INPUT:
                    continue
                producer = self._spans.folded(producer)
            if producer not in seen:
                seen.add(producer)
                waiting += [ref.producer for ref in self._readers[producer]]
        return seen
