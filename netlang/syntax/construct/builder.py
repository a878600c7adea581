"""What all makers of nodes use: the tokens, with their texts and spans.

A maker gets the values of a rule's parts (a token is its number, anything else what its maker
returned) and the numbers of the rule's first and last token. Their types are those that the grammar
allows there; the tables hold no types, so the parts arrive as `Any`.
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
    """The tokens of one text; `parse_expression` parses an expression in part of it."""

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
        """The span of some tokens; equal spans of nested nodes are shared."""
        start, end, before = self.starts[first], self.ends[last], self._span
        if before.start == start and before.end == end:
            return before
        self._span = Span(self.source, start, end)
        return self._span

    def text(self, token: int) -> str:
        """The text of a token; equal texts are shared."""
        return intern(self.characters[self.starts[token] : self.ends[token]])


Maker: TypeAlias = Callable[[Builder, Parts, int, int], object]
