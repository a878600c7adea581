"""What is walked more than once, counted: calls that don't compose, and repeats inside repeats."""

from __future__ import annotations

from collections.abc import Iterable

from netlang.ir.program import Function, Item, Repeat
from netlang.records import Draft, field

__all__ = ["MOST_AGAIN", "Again"]

# Nodes that are walked again, after which none is: the bundled nets need 158 at most.
MOST_AGAIN = 2_500


class Again(Draft):
    """The functions that are walked, those that are called repeatedly, and the work on them."""

    nodes: int = 0
    walked: set[Function] = field(default_factory=set)
    called: set[Function] = field(default_factory=set)

    @property
    def too_often(self) -> bool:
        """Whether so many nodes were walked again that no others may be."""
        return self.nodes >= MOST_AGAIN

    def starts(self, function: Function) -> bool:
        """Notes that a function is walked; whether it was before."""
        before = function in self.walked
        self.walked.add(function)
        return before

    def repeats(self, items: Iterable[Item]) -> None:
        """Notes items that are walked several times, as is everything that they call."""
        for item in items:
            if isinstance(item, Repeat):
                self.repeats(item.items)
            elif isinstance(item.callee, Function):
                self.called.add(item.callee)
