"""Paths where an import names a file: `../blocks`, `blocks/residual`, `"blocks.net"`."""

from __future__ import annotations

import re

from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.diagnostics.language.syntax import UnexpectedText
from netlang.source import Source, Span
from netlang.syntax.lalr import load_tables
from netlang.syntax.lexer import Lexer
from netlang.syntax.mistakes.spot import Spot

__all__ = ["character_in_path", "path_of_file"]

_PATH = re.compile(r"[ \t]*([^ \t\n]+)(?=[ \t]+import\b)")
_LINE = re.compile(rf"[ \t]*from\b{_PATH.pattern}")
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
# Paths from the root, from home, of a drive or the net, of a variable, and those that go up.
_ELSEWHERE = re.compile(r"[/\\~]|\w+:|\.\.|.*[$%]")
_OWN = (
    "a file is imported from its own folder, those below it, or the bundled library: "
    "move what both files need there"
)


def path_of_file(spot: Spot) -> Diagnostic | None:
    """A path of marks and names that are tokens."""
    begin = spot.first
    if spot.kind(begin) != "from" or spot.opened:
        return None
    start = spot.span(begin).end
    found = _PATH.match(spot.source.text, start)
    if found is None or not start <= spot.start < found.end(1):
        return None
    return _explained(spot.span(), spot.found, spot.expected, _span(spot.source, found))


def character_in_path(source: Source, start: int) -> Diagnostic | None:
    """A path with a character that begins no token: `blocks\\residual`, `~/blocks`, `'blocks'`."""
    line = source.text.rfind("\n", 0, start) + 1
    found = _LINE.match(source.text, line)
    if found is None or not found.start(1) <= start < found.end(1):
        return None
    span = Span(source, start, start + 1)
    return _explained(span, f"`{span.text}`", "the name of a file", _span(source, found))


def _span(source: Source, found: re.Match[str]) -> Span:
    return Span(source, found.start(1), found.end(1))


def _explained(span: Span, found: str, expected: str, path: Span) -> Diagnostic | None:
    bare = path.text.strip(_QUOTES).removesuffix(".net")
    parts = [part for part in re.split(r"[/\\]+", bare) if part not in (".", "")]
    if _ELSEWHERE.match(bare) or ".." in parts:
        return UnexpectedText(span=span, found=found, expected=expected, advice=_OWN)
    dotted = ".".join(parts).removeprefix(".")  # `.blocks`, as in Python
    if not all(part.isidentifier() for part in dotted.split(".")):
        return None
    if not _is_read(dotted):
        advice = f"give the file or folder another name: `from {dotted}` can't be read"
        return UnexpectedText(span=span, found=found, expected=expected, advice=advice)
    advice = f"write `from {dotted}`: folders are joined by dots"
    fix = Fix(advice, (Edit(path, dotted),))
    return UnexpectedText(span=span, found=found, expected=expected, advice=advice, fix=fix)


def _is_read(dotted: str) -> bool:
    """Whether names joined by dots are names in an import, and none is a word of the language."""
    text = f"from {dotted} import unit"
    wanted = ["from", "NAME", *[".", "NAME"] * dotted.count("."), "import"]
    return Lexer(load_tables().words, text, 0, len(text)).run().kinds[: len(wanted)] == wanted
