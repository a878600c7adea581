"""The state shared by the statements of one block."""

from __future__ import annotations

from collections.abc import Callable

from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.ir.types import Types
from netlang.records import Draft
from netlang.source import Span

__all__ = ["BlockState"]


class BlockState(Draft):
    """The state shared by the statements of one block: its inputs, and the body it was given.

    `given` are the types that a call passes (None for the net itself), `declared` is the number of
    `input` lines read so far, and `entry` is the value of `in`. Labels outside of `root` aren't its
    own.
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
