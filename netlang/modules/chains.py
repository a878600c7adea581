"""Chains of names: the value of one needs another's, which needs a third. Long ones are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.nesting import DEEPEST_NAME
from netlang.source import Span

__all__ = ["Chains"]


class Chains:
    """How long the chains are that lead on from the names whose values are being worked out."""

    def __init__(self) -> None:
        self._needed: list[int] = []

    @contextmanager
    def link(self, name: str, span: Span, lengths: dict[str, int]) -> Iterator[None]:
        """Inside, the value of a name is worked out. Raises if its chain is too long.

        `lengths` takes the length of that chain. A part of it whose value is known before counts
        all the same, so the order in which names are looked up decides nothing.
        """
        if len(self._needed) >= DEEPEST_NAME:
            raise NetlangError(language.NamesTooDeep(span=span, limit=DEEPEST_NAME))
        self._needed.append(0)
        try:
            yield
        finally:
            lengths[name] = length = self._needed.pop() + 1
            self.needs(length)
        if length > DEEPEST_NAME:
            raise NetlangError(language.NamesTooDeep(span=span, limit=DEEPEST_NAME))

    def needs(self, length: int) -> None:
        """The value that is worked out needs a chain of this length."""
        if self._needed and self._needed[-1] < length:
            self._needed[-1] = length
