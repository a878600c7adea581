"""What the makers of tree nodes share: the tokens, and texts and spans of them.

A maker gets the values of a rule's parts (a token is its number, anything else what its maker gave)
and the numbers of the rule's first and last token. Their types are those that the grammar allows
there; the tables hold no types, so the parts arrive as `Any`.
"""

from __future__ import annotations

from collections.abc import Callable
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

    def span(self, first: int, last: int) -> Span:
        return Span(self.source, self.starts[first], self.ends[last])

    def text(self, token: int) -> str:
        return self.characters[self.starts[token] : self.ends[token]]


Maker: TypeAlias = Callable[[Builder, Parts, int, int], object]
