"""The choices for a whole page: variants of blocks, sizes, depth to open, names."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.graphviz.markup import name_of
from netlang.backends.graphviz.structure.variants import Variant, Variants
from netlang.backends.graphviz.structure.view import DrawnStep
from netlang.ir.program import Function
from netlang.records import Draft, Record, field

__all__ = ["PageNames", "Plan"]


class PageNames(Draft):
    """Hands out names; each one is unique on the page."""

    taken: set[str] = field(default_factory=set)

    def fresh(self, text: str) -> str:
        """`text` as a name, with a number appended if it is taken."""
        name = base = name_of(text)[:200]
        number = 1
        while name in self.taken:
            number += 1
            name = f"{base}~{number}"
        self.taken.add(name)
        return name


class Plan(Record, eq=False):
    """The choices that all sheets of a page share, and the names on it.

    In a `compact` drawing a whole chain is one box.
    """

    variants: Variants
    sizes: Mapping[str, int]
    depth: int | None
    compact: bool = False
    names: PageNames = field(default_factory=PageNames)

    def shows(self, variant: Variant) -> bool:
        """Whether the inside of a block is drawn at all."""
        return self.depth is None or variant.level <= self.depth

    def opened(self, step: DrawnStep) -> Function | None:
        """The block whose inside is drawn in place of the call: one that is used once."""
        callee = step.node.callee
        if not isinstance(callee, Function) or not self.variants.is_single(callee):
            return None
        return callee if self.shows(self.variants.of(callee)) else None
