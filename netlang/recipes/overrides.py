"""``key=value`` on the command line, read with the language's own grammar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral, Real
from pathlib import PurePath
from typing import TypeVar, cast

from netlang import advice as fixes
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.ir.arguments import signature
from netlang.recipes.bind import listed, word_of
from netlang.recipes.keys import DESCRIBED, KEYS
from netlang.recipes.tables import table
from netlang.records import Record, names_of, replace
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.parser import parse

__all__ = [
    "argument_of", "meant_key", "overrides_of", "read_override", "setting_of", "texts_of",
    "unknown_key",
]  # fmt: skip

# What others call the model of a recipe.
_MODELS = ("net", "network")

# How the names of files of weights end, which options take.
_WEIGHTS = {".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".onnx"}

_PREFIX = "train argument { "

_T = TypeVar("_T")


def read_override(text: str) -> ast.Entry:
    """The entry for an override. Raises `NetlangError`."""
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


def texts_of(overrides: Iterable[str]) -> dict[str, str]:
    """The text of each value by its key."""
    split = (each.partition("=") for each in overrides)
    return {key.strip(): text for key, _, text in split}


def overrides_of(values: Mapping[str, object]) -> Iterator[str]:
    """Python values by name as overrides: ``steps=100``."""
    return (f"{name}={_written(value)}" for name, value in values.items())


def _written(value: object) -> str:
    """A Python value as written in the language."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        return repr(float(value))
    return str(value)


def argument_of(entry: ast.Entry, entries: Iterable[ast.Entry]) -> Fix | None:
    """What to write for `lr=0.1`, which isn't a key but an argument of one of the entries."""
    found = _owner(entry, entries)
    if found is None:
        return None
    each, word, edit = found
    text = _edited(each.value.span, edit)
    return Fix(f"`{entry.key}` is an argument of `{word}`: write `{each.key}='{text}'`")


def setting_of(entry: ast.Entry, entries: Iterable[ast.Entry]) -> Fix | None:
    """What to write for the line `lr: 0.1` of a recipe, which isn't a key but an argument."""
    key, value = entry.key, entry.value.span.text
    found = _owner(entry, entries)
    if found is not None:
        each, word, edit = found
        text = f"{each.key}: {_edited(each.value.span, edit)}"
        edits = (edit, fixes.without_statement(entry.span))
        return Fix(f"`{key}` is an argument of `{word}`: write `{text}`", edits)
    words = [name for name, cls in table(DESCRIBED["optimizer"]).items() if key in _names(cls)]
    if not words:
        return None
    is_there = any(each.key == "optimizer" for each in entries)
    if is_there or key != "lr":
        text = f"optimizer: {words[0]}({'' if key == 'lr' else 'lr=..., '}{key}={value})"
        return Fix(f"`{key}` is an argument of an optimizer: `{text}`")
    text = f"optimizer: sgd(lr={value})"
    return fixes.replaced(entry.span, text, f"`lr` is an argument of the optimizer: write `{text}`")


def _names(cls: type) -> tuple[str, ...]:
    return tuple(item.name for item in signature(cls))


def _owner(entry: ast.Entry, entries: Iterable[ast.Entry]) -> tuple[ast.Entry, str, Edit] | None:
    """The entry whose word has an argument of this name, its word, and the edit that gives it."""
    for each in entries:
        word = None if isinstance(each.value, ast.Pipeline) else word_of(each.value)
        classes = table(DESCRIBED[each.key]) if word is not None and each.key in DESCRIBED else {}
        cls = classes.get(word.name) if word is not None else None
        if cls is not None and entry.key in _names(cls):
            # Positional arguments of a loss are the values that it compares.
            positions = () if each.key == "loss" else _names(cls)
            edit = _with_argument(each.value, positions, entry.key, entry.value.span.text)
            return each, cls.name, edit
    return None


def _with_argument(
    value: ast.Expr | ast.Pipeline, names: tuple[str, ...], name: str, text: str
) -> Edit:
    """The change of one argument of a description."""
    arguments = value.arguments if isinstance(value, ast.Call) else ()
    for place, each in enumerate(arguments):
        if name == (each.name or (names[place] if place < len(names) else None)):
            return Edit(each.value.span, text)
    return fixes.with_arguments(value.span, [f"{name}={text}"])


def _edited(whole: Span, edit: Edit) -> str:
    before = whole.source.text[whole.start : edit.span.start]
    return " ".join(f"{before}{edit.text}{whole.source.text[edit.span.end : whole.end]}".split())


def _bad(source: Source, why: str) -> NetlangError:
    text = source.text
    found = refusals.BadOverride(span=Span(source, 0, len(text)), text=text, why=why)
    if "=" not in text and PurePath(text).suffix in _WEIGHTS:
        found = replace(found, advice="an option that takes files is written before each of them")
    return NetlangError(found)


def _placed(part: _T, source: Source) -> _T:
    """A tree or diagnostic of the parsed text, with its spans in the user's own text."""
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


def meant_key(key: str) -> str | None:
    """The key that an unknown one is probably a misspelling of."""
    if key == "lr":
        return "optimizer"
    from netlang.advice.similar import nearest

    return "model" if key in _MODELS else nearest(key, KEYS)


def unknown_key(entry: ast.Entry, entries: tuple[ast.Entry, ...]) -> refusals.UnknownKey:
    """The error of a key that a recipe doesn't have, with the one that was probably meant."""
    span = entry.key_span
    fix = setting_of(entry, entries) or fixes.replacement(entry.key, KEYS, span)
    if entry.key in _MODELS:
        fix = fixes.replaced(span, "model", "did you mean `model`?")
    return refusals.UnknownKey(span=span, key=entry.key, available=listed(KEYS), fix=fix)
