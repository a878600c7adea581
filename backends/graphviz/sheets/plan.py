"""What holds for a whole page: the variants of blocks, the sizes, how deep to open, the names."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.graphviz.markup import name_of
from netlang.backends.graphviz.structure.variants import Variant, Variants
from netlang.backends.graphviz.structure.view import DrawnStep
from netlang.ir.program import Function
from netlang.records import Draft, Record, field

__all__ = ["PageNames", "Plan"]


class Plan(Record):
    """What holds for all sheets of a page."""

    variants: Variants
    sizes: Mapping[str, int]
    depth: int | None

    def shows(self, variant: Variant) -> bool:
        """Whether the inside of a block is drawn at all."""
        return self.depth is None or variant.level <= self.depth

    def opened(self, step: DrawnStep) -> Function | None:
        """The block that is drawn as its inside in place of the call: one that is used once."""
        callee = step.node.callee
        if not isinstance(callee, Function) or not self.variants.is_single(callee):
            return None
        return callee if self.shows(self.variants.of(callee)) else None


class PageNames(Draft):
    """Hands out every name of the page once."""

    taken: set[str] = field(default_factory=set)

    def fresh(self, text: str) -> str:
        """`text` as a name, with a number if it is taken."""
        name = base = name_of(text)[:200]
        number = 1
        while name in self.taken:
            number += 1
            name = f"{base}~{number}"
        self.taken.add(name)
        return name
