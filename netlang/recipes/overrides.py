"""``key=value`` of the command line, read with the language's own grammar."""

from __future__ import annotations

from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.recipes import BadOverride
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.parser import parse

__all__ = ["read_override"]


def read_override(text: str) -> ast.Entry:
    """The entry that an override stands for; raises `NetlangError`."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip().isidentifier() or not value.strip() or "\n" in text:
        raise _bad(text, "a name, `=` and a value are needed")
    file = parse(Source("<argument>", f"train argument {{ {key.strip()}: {value.strip()} }}"))
    item = file.items[0] if len(file.items) == 1 else None
    if not isinstance(item, ast.TrainDef) or len(item.entries) != 1:
        raise _bad(text, "one value is needed")
    return item.entries[0]


def _bad(text: str, why: str) -> NetlangError:
    span = Span(Source("<argument>", text), 0, len(text))
    return NetlangError(BadOverride(span=span, text=text, why=why))
