"""What the statements of one block have in common."""

from __future__ import annotations

from collections.abc import Callable

from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.ir.types import Types
from netlang.records import Draft
from netlang.source import Span

__all__ = ["BlockState"]


class BlockState(Draft):
    """What the statements of one block have in common: its inputs and the body it was given.

    `given` are the types that a call brings (None for the net itself), `declared` how many `input`
    lines have been read, `entry` the value of `in`. Labels outside of `root` are not its own.
    """

    name: str
    is_net: bool
    entry: CurrentValue
    given: Types | None
    declared: int = 0
    closure: Callable[[CurrentValue, Span], CurrentValue] | None = None
    applied: bool = False
    started: bool = False
    doc: str | None = None
    root: LabelPath = ()

    @property
    def shown(self) -> str:
        """What it is, in words."""
        return f"{'net' if self.is_net else 'block'} `{self.name}`"
