"""The place where the parser stopped, as seen by the functions that explain mistakes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias, final

from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.diagnostics.language.syntax import UnexpectedText
from netlang.records import Record
from netlang.source import Source, Span, shortened
from netlang.syntax.lexer import Tokens
from netlang.syntax.mistakes.expected import allowed, in_words

__all__ = ["AGAIN", "OPENERS", "Explain", "Spot"]

AGAIN = frozenset(("reuse", "share", "shared", "layer", "same", "tied"))
"""Words that stand for `reuse` elsewhere."""

OPENERS = {"(": ")", "[": "]", "{": "}", "COMPUTED": "}"}
_CLOSERS = frozenset(OPENERS.values())


@final
class Spot(Record, dict=True):
    """Token `index` of a text isn't allowed here; `states` is the stack before it.

    `around` are the tokens that opened the brackets around it, if the parser knows them.
    """

    source: Source
    tokens: Tokens
    index: int
    states: list[int]
    around: tuple[int, ...] | None = None

    def kind(self, offset: int = 0) -> str:
        """The kind of the token `offset` places further, "" outside the text."""
        place = self.index + offset
        kind = self.tokens.kinds[place] if 0 <= place < len(self.tokens.kinds) else ""
        return "SEP" if kind == "UNREAD" else kind

    def span(self, offset: int = 0) -> Span:
        place = self.index + offset
        return Span(self.source, self.tokens.starts[place], self.tokens.ends[place])

    def text(self, offset: int = 0) -> str:
        place = self.index + offset
        return self.span(offset).text if 0 <= place < len(self.tokens.kinds) else ""

    @property
    def start(self) -> int:
        return self.tokens.starts[self.index]

    @property
    def before(self) -> int:
        """The end of the previous token."""
        return self.tokens.ends[self.index - 1] if self.index else self.start

    @cached_property
    def allowed(self) -> frozenset[str]:
        return allowed(self.states)

    @cached_property
    def expected(self) -> str:
        return in_words(self.allowed)

    @cached_property
    def opened(self) -> list[int]:
        """The numbers of the tokens that opened the brackets around the spot, outermost first."""
        if self.around is not None:
            return list(self.around)
        opened: list[int] = []
        for number, kind in enumerate(self.tokens.kinds[: self.index]):
            if kind in OPENERS:
                opened.append(number)
            elif kind in _CLOSERS and opened:
                opened.pop()
        return opened

    @property
    def innermost(self) -> str:
        """The kind of the innermost open bracket, or ""."""
        return self.tokens.kinds[self.opened[-1]] if self.opened else ""

    @cached_property
    def first(self) -> int:
        """The offset (not positive) of the first token of the statement with the spot."""
        depth, offset = 0, 0
        while self.index + offset > 0:
            kind = self.kind(offset - 1)
            if kind in (")", "]"):
                depth += 1
            elif kind in ("(", "["):
                depth = max(0, depth - 1)
            elif not depth and kind in ("SEP", "{", "}"):
                break
            offset -= 1
        return offset

    @property
    def new_line(self) -> bool:
        """Whether a line break lies between the previous token and the spot."""
        return "\n" in self.source.text[self.before : self.start]

    @property
    def found(self) -> str:
        """The token in words."""
        kind, text = self.kind(), self.text()
        if kind == "$END":
            return "the end of the file"
        if kind == "SEP":
            return "`;`" if text == ";" else "the end of the line"
        if kind == "STRING":
            return "a string"
        if kind == "DOC":
            return "a docstring"
        return f"`{shortened(text)}`"

    def unexpected(self, advice: str, fix: Fix | None = None) -> UnexpectedText:
        """The error that the token isn't allowed here."""
        return UnexpectedText(
            span=self.span(), found=self.found, expected=self.expected, advice=advice, fix=fix
        )

    def at(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def replacing(
        self, description: str, start: int, end: int, text: str, safe: bool = False
    ) -> Fix:
        """A fix that replaces the characters from `start` to `end` by `text`."""
        return Fix(description, (Edit(self.at(start, end), text),), safe)


Explain: TypeAlias = Callable[[Spot], Diagnostic | None]
