"""What led to a warning: each call of its function, and recursively the calls of the caller.

There may be very many paths from a net to a step, twice as many with each block that applies
another one twice. So they are stored call by call and never enumerated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import final

from netlang.diagnostics.diagnostic import Caution, ChainLink
from netlang.records import Draft, Record, field, replace

__all__ = ["Calls", "Found", "OpenWays"]


@final
class Calls(Draft, eq=False, dict=True):
    """The calls that lead to a function with one layout of its inputs; a net has none."""

    ways: list[tuple[ChainLink, Calls]] = field(default_factory=list)

    def add(self, frame: ChainLink, caller: Calls) -> None:
        """Add a call in the function that `caller` leads to."""
        self.ways.append((frame, caller))

    @cached_property
    def chain(self) -> tuple[ChainLink, ...]:
        """The path of the first call, innermost first."""
        if not self.ways:
            return ()
        frame, caller = self.ways[0]
        return (frame, *caller.chain)


@final
class Found(Record):
    """A warning; `calls` lead to it, or None if its own chain is complete."""

    caution: Caution
    calls: Calls | None = None


@final
class OpenWays:
    """The paths to warnings without a comment on them; `silences` checks for one at a call.

    Each call is checked once per code, even if another path is open, so it is known of every
    comment whether it silences anything.
    """

    def __init__(self, silences: Callable[[str, ChainLink], bool]) -> None:
        self._silences = silences
        self._known: dict[tuple[str, Calls], tuple[ChainLink, ...] | None] = {}

    def left(self, found: Found) -> Caution | None:
        """The warning with a chain without comments; None if there is none."""
        caution, calls = found.caution, found.calls
        if calls is None:
            silent = any(self._silences(caution.code, frame) for frame in caution.chain)
            return None if silent else caution
        chain = self._chain(caution.code, calls)
        if chain is None:
            return None
        return caution if chain == caution.chain else replace(caution, chain=chain)

    def _chain(self, code: str, calls: Calls) -> tuple[ChainLink, ...] | None:
        """The first path without a comment."""
        key = code, calls
        if key not in self._known:
            self._known[key] = self._first(code, calls)
        return self._known[key]

    def _first(self, code: str, calls: Calls) -> tuple[ChainLink, ...] | None:
        if not calls.ways:
            return ()
        first = None
        for frame, caller in calls.ways:
            if self._silences(code, frame):
                continue
            before = self._chain(code, caller)
            if first is None and before is not None:
                first = (frame, *before)
        return first
