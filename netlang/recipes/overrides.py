"""``key=value`` of the command line, read with the language's own grammar."""

from __future__ import annotations

from typing import TypeVar, cast

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.keys import BadOverride
from netlang.records import Record, names_of, replace
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.parser import parse

__all__ = ["read_override"]

_PREFIX = "train argument { "

_T = TypeVar("_T")


def read_override(text: str) -> ast.Entry:
    """The entry that an override stands for; raises `NetlangError`."""
    source = Source("<argument>", text)
    key, equals, value = text.partition("=")
    if not equals or not key.strip().isidentifier() or not value.strip() or "\n" in text:
        raise _bad(source, "a name, `=` and a value are needed")
    try:
        file = parse(Source("<argument>", f"{_PREFIX}{key}:{value} }}"))
    except NetlangError as error:
        raise NetlangError(*(_placed(each, source) for each in error.diagnostics)) from None
    item = file.items[0] if len(file.items) == 1 else None
    if not isinstance(item, ast.TrainDef) or len(item.entries) != 1:
        raise _bad(source, "one value is needed")
    return _placed(item.entries[0], source)


def _bad(source: Source, why: str) -> NetlangError:
    return NetlangError(
        BadOverride(span=Span(source, 0, len(source.text)), text=source.text, why=why)
    )


def _placed(part: _T, source: Source) -> _T:
    """A tree or diagnostic of the text that was parsed, with its spans in the user's own text."""
    moved: object = part
    if isinstance(part, Span):
        ends = (part.start - len(_PREFIX), part.end - len(_PREFIX))
        moved = Span(source, *(min(max(end, 0), len(source.text)) for end in ends))
    elif isinstance(part, tuple):
        moved = tuple(_placed(item, source) for item in part)
    elif isinstance(part, Record) and not isinstance(part, Source):
        changes = {name: _placed(getattr(part, name), source) for name in names_of(part)}
        moved = replace(part, **changes)
    return cast(_T, moved)
