"""Checks whether two texts mean the same, before a formatted text is used.

The parser sees only tokens, so equal tokens give equal trees; comparing them takes a fraction of
the time of parsing. Differences that don't matter are a comma after the last item of a group where
it changes nothing, the brackets around the names of an import, and the layout of a docstring.
"""

from __future__ import annotations

from netlang.records import names_of
from netlang.source import Source
from netlang.syntax.ast import Node
from netlang.syntax.format.words import OPERAND_ENDS
from netlang.syntax.lalr import load_tables
from netlang.syntax.lexer import Lexer, Tokens
from netlang.syntax.literals import docstring_value
from netlang.syntax.parser import parse

__all__ = ["same_meaning", "same_tree", "tokens_of"]

_CLOSERS = frozenset((")", "]"))


def tokens_of(text: str) -> Tokens:
    """The tokens of a text that parses."""
    return Lexer(load_tables().words, text, int(text.startswith("\ufeff")), len(text)).run()


def same_meaning(text: str, tokens: Tokens, other: str) -> bool:
    """Whether another text has the same syntax tree as one with known tokens."""
    if _essence(text, tokens) == _essence(other, tokens_of(other)):
        return True
    # `x.0 .1` and `x.0.1` have other tokens and the same tree.
    return same_tree(parse(Source("", text)), parse(Source("", other)))


def same_tree(one: object, other: object) -> bool:
    """Whether two syntax trees are equal except for the places of their nodes."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Node):
        names = _fields(type(one))
        return all(same_tree(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same_tree, one, other))
    return bool(one == other)


_compared: dict[type[Node], tuple[str, ...]] = {}


def _fields(kind: type[Node]) -> tuple[str, ...]:
    """The fields of a node that carry meaning."""
    if kind not in _compared:
        _compared[kind] = tuple(name for name in names_of(kind) if "span" not in name)
    return _compared[kind]


def _essence(text: str, tokens: Tokens) -> list[str]:
    """The texts of the tokens that matter; all spellings of a separator are the same."""
    essence: list[str] = []
    brackets: list[bool] = []
    """For each open bracket, whether a comma at the end of it would change nothing."""
    kinds = tokens.kinds
    importing = False
    before = ""
    for kind, start, end, following in zip(
        kinds, tokens.starts, tokens.ends, [*kinds[1:], ""], strict=True
    ):
        if kind in ("(", "["):
            brackets.append(kind == "[" or before in OPERAND_ENDS)
        elif kind in _CLOSERS:
            brackets.pop()
        elif kind == "," and brackets:
            if brackets[-1] and following in _CLOSERS:
                continue
            brackets[-1] = True
        elif kind in ("from", "SEP"):
            importing = kind == "from"
        before = kind
        if not (importing and kind in ("(", ")")):
            essence.append(_counts(kind, text[start:end]))
    return essence


def _counts(kind: str, text: str) -> str:
    if kind == "SEP":
        return ";"
    return docstring_value(text) if kind == "DOC" else text
