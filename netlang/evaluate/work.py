"""A limit on what expressions compute: items of lists and calls of functions could be without end.

Lists inside lists, and functions that call others twice, multiply; their work is counted before it
is done, whatever comes of it.
"""

from __future__ import annotations

from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.records import Draft, field
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["Work"]

# Items and calls of one program, or of the constants of one file; and how many for each character.
_MOST = 100_000
_PER_CHARACTER = 0.5
_LINE = 100


class Work(Draft):
    """Counts the items that comprehensions make and the calls of functions."""

    limit: int = _MOST
    done: int = 0
    active: list[ast.FunctionDef] = field(default_factory=list)
    """The functions that are being worked out, outermost first."""

    @classmethod
    def for_text(cls, text: str) -> Work:
        """The work that the expressions of a text may do: more in a longer one."""
        return cls(limit=_MOST + int(len(text) * _PER_CHARACTER))

    def spend(self, times: int, computed: Span, span: Span) -> None:
        """Count that `computed` is worked out `times` more. Raises an error at `span` beyond."""
        self.done += times * (1 + (computed.end - computed.start) // _LINE)
        if self.done > self.limit:
            raise NetlangError(language.TooMuchWork(span=span, limit=f"{self.limit:,}"))
