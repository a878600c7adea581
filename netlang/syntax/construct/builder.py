"""What the makers of tree nodes share: the tokens, and texts and spans of them.

A maker gets the values of a rule's parts (a token is its number, anything else what its maker gave)
and the numbers of the rule's first and last token. Their types are those that the grammar allows
there; the tables hold no types, so the parts arrive as `Any`.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Any, TypeAlias, final

from netlang.source import Source, Span
from netlang.syntax.ast import Expr
from netlang.syntax.lexer import Tokens

__all__ = ["Builder", "Maker", "Parts"]

Parts: TypeAlias = list[Any]


@final
class Builder:
    """The tokens of one text; `parse_expression` reads one from characters of it."""

    def __init__(
        self, source: Source, tokens: Tokens, parse_expression: Callable[[Source, int, int], Expr]
    ) -> None:
        self.source = source
        self.characters = source.text
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.parse_expression = parse_expression
        self._span = Span(source, 0, 0)

    def span(self, first: int, last: int) -> Span:
        """The characters of some tokens; nodes one around the other share what they have alike."""
        start, end, before = self.starts[first], self.ends[last], self._span
        if before.start == start and before.end == end:
            return before
        self._span = Span(self.source, start, end)
        return self._span

    def text(self, token: int) -> str:
        """The characters of a token, one string for all tokens that have the same."""
        return intern(self.characters[self.starts[token] : self.ends[token]])


Maker: TypeAlias = Callable[[Builder, Parts, int, int], object]
