"""Diagnostics for text that isn't a token, or whose value exceeds a limit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.diagnostics.language.expressions import NotAParameter
from netlang.diagnostics.language.structure import MisplacedStatement
from netlang.diagnostics.language.syntax import (
    ForeignComment,
    ForeignWord,
    LabelText,
    MissingSpaceBeforeBrace,
)
from netlang.diagnostics.language.text import (
    ArgumentLimit,
    BadNumber,
    NestingTooDeep,
    NumberTooLong,
    UnclosedDocstring,
    UnclosedString,
    UnknownCharacter,
    UnknownEscape,
    WrongQuotes,
)
from netlang.source import Source, Span, shortened
from netlang.syntax.limits import MAX_ARGUMENTS, MAX_DEPTH, MAX_DIGITS
from netlang.syntax.mistakes.paths import character_in_path
from netlang.syntax.number_steps import number_advice

__all__ = ["PROBLEMS"]

Problem: TypeAlias = Callable[[Source, int, int], Diagnostic]

_CONSTANTS = {"True": "true", "False": "false"}
_OPERATORS = {"&&": "and", "||": "or", "&": "and", "|": "or", "!": "not ", "^": "**"}
_ALIKE = {
    "\u00d7": "x", "\u2192": "->", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\uff08": "(",
    "\uff09": ")", "\uff0c": ",", "\uff1a": ":", "\uff1b": ";", "\u2026": "..", "\u00a0": " ",
    "\u3000": " ", "\u00b7": "*", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u200b": "",
    "\ufeff": "",
}  # fmt: skip
# A value of a matrix product, and nothing but what names the product beside it. NumPy's `a.T` is
# none.
_FACTOR = r"(?P<value>[^\W\d]\w*(?:\.(?!m?T\b)\w+)*)"
_LEFT_FACTOR = (
    r"(?:^|[{;]) *"
    r"(?:(?:output|auxiliary) +\w+: *|(?P<port>output|auxiliary) +|(?P<label>[\w.]+: *))?"
    rf"{_FACTOR} *$"
)
_RIGHT_FACTOR = rf" *{_FACTOR} *(?:$|[\n#;}}]|->)"
_QUOTES = "'`\u2018\u2019\u201c\u201d\u00ab\u00bb"


def _replace(span: Span, text: str, description: str = "", safe: bool = True) -> Fix:
    return Fix(description or f"write `{text.strip()}`", (Edit(span, text),), safe)


def _glued_brace(source: Source, start: int, end: int) -> Diagnostic:
    fix = _replace(Span(source, start, start), " ", "put a space before the brace")
    return MissingSpaceBeforeBrace(span=Span(source, start, end), fix=fix)


def _open_string(source: Source, start: int, end: int) -> Diagnostic:
    line_end = source.text.find("\n", start)
    line_end = len(source.text) if line_end < 0 else line_end
    text = source.text[start:line_end]
    behind = re.search(r"[,)\]]", text)
    end = start + (behind.start() if behind else len(text.rstrip()))
    fix = _replace(Span(source, end, end), '"', 'close it with `"`', safe=False)
    return UnclosedString(span=Span(source, start, line_end), fix=fix)


def _open_docstring(source: Source, start: int, end: int) -> Diagnostic:
    line = source.text.find("\n", start)
    line = len(source.text) if line < 0 else line
    fix = _replace(Span(source, line, line), '"""', 'close it with `"""`', safe=False)
    return UnclosedDocstring(span=Span(source, start, end), fix=fix)


def _bad_number(source: Source, start: int, end: int) -> Diagnostic:
    span = Span(source, start, end)
    fix = None
    if end - start > MAX_DIGITS:
        return BadNumber(span=span, found=shortened(span.text))
    if re.fullmatch(r"\d+[kmgtKMGT]", span.text):
        suffix = {"k": "k"}.get(span.text[-1].lower(), span.text[-1].upper())
        fix = _replace(span, span.text[:-1] + suffix, safe=False)
    elif re.fullmatch(r"\d+(?:X\d+)+", span.text):
        fix = _replace(span, span.text.lower())
    elif match := re.fullmatch(r"(\d+)([A-Za-z_]\w*)", span.text):
        fix = _replace(span, f"{match[2]}{match[1]}", safe=False)
    return BadNumber(span=span, found=shortened(span.text), fix=fix)


def _long_number(source: Source, start: int, end: int) -> Diagnostic:
    reason = f"it has {end - start} characters; {MAX_DIGITS} are read"
    return NumberTooLong(span=Span(source, start, end), what="long", reason=reason)


def _infinite_number(source: Source, start: int, end: int) -> Diagnostic:
    reason = "no float is that large"
    return NumberTooLong(span=Span(source, start, end), what="large", reason=reason)


def _too_deep(source: Source, start: int, end: int) -> Diagnostic:
    what = (
        "this bracket is one too many" if end - start == 1 else "this is where it becomes too deep"
    )
    return NestingTooDeep(span=Span(source, start, end), limit=MAX_DEPTH, what=what)


def _too_many(source: Source, start: int, end: int) -> Diagnostic:
    return ArgumentLimit(span=Span(source, start, end), limit=MAX_ARGUMENTS)


def _foreign_constant(source: Source, start: int, end: int) -> Diagnostic:
    span = Span(source, start, end)
    instead = _CONSTANTS.get(span.text)
    if instead is None:
        advice = "leave the argument out, or make the parameter one with a default"
        return ForeignWord(span=span, found=span.text, instead=advice)
    advice = f"write `{instead}`"
    return ForeignWord(span=span, found=span.text, instead=advice, fix=_replace(span, instead))


def _unknown_escape(source: Source, start: int, end: int) -> Diagnostic:
    span = Span(source, start, end)
    return UnknownEscape(span=span, found=span.text, fix=_replace(
        Span(source, start, start), "\\", "write `\\\\` for a backslash", safe=False
    ))  # fmt: skip


def _space_in_label(source: Source, start: int, end: int) -> Diagnostic:
    span = Span(source, start, end)
    reason = "its parts stand together, without spaces"
    return LabelText(span=span, reason=reason, fix=_replace(span, "", "remove the space"))


def _number_in_label(source: Source, start: int, end: int) -> Diagnostic:
    """A number with an exponent or a suffix, as part of a label or where a value is wanted."""
    text, span = source.text, Span(source, start, end)
    if text[start - 1 : start] == "." or text[end:].lstrip(" ")[:1] in (":", "."):
        return LabelText(span=span, reason="of numbers, only whole ones can stand in it")
    what, why = f"the number `{span.text}`", "a label or an input names a value of the net"
    return MisplacedStatement(span=span, what=what, why=why, advice=number_advice(span.text))


def _label(reason: str) -> Problem:
    def problem(source: Source, start: int, end: int) -> Diagnostic:
        return LabelText(span=Span(source, start, end), reason=reason)

    return problem


def _unknown(source: Source, start: int, end: int) -> Diagnostic:
    """A character that begins no token, often one that looks like or means another."""
    if in_path := character_in_path(source, start):
        return in_path
    text = source.text
    span, pair = Span(source, start, end), text[start : start + 2]
    char = text[start]
    if char in _QUOTES:
        return _wrong_quotes(span)
    if pair in _OPERATORS or char in _OPERATORS:
        found = pair if pair in _OPERATORS else char
        span = Span(source, start, start + len(found))
        instead = _replace(span, _OPERATORS[found], safe=False)
        advice = instead.description
        return ForeignWord(span=span, found=found, instead=advice, fix=instead)
    if char == "@" and (product := _product_of_matrices(source, start)):
        return product
    fix: Fix | None = None
    if char in _ALIKE:
        alike = _ALIKE[char]
        fix = _replace(span, alike, f"write `{alike}`" if alike.strip() else "replace it")
    if fix is None:
        end += text[end : end + 1] == " " and text[start - 1 : start] == " "
        fix = _replace(Span(source, start, end), "", "remove it", safe=False)
    codepoint = f"U+{ord(char):04X}"
    return UnknownCharacter(span=span, character=char, codepoint=codepoint, fix=fix)


def _product_of_matrices(source: Source, start: int) -> Diagnostic | None:
    """`a @ b`, `z: a @ b`, `output a @ b`; None if nothing is multiplied there.

    More of an expression than that, such as `a @ b @ c`, has no fix.
    """
    line, span = source.text.rfind("\n", 0, start) + 1, Span(source, start, start + 1)
    left, right = source.text[line:start], source.text[start + 1 :]
    if not re.search(r"[\w)] *$", left) or not re.match(r" *[\w(-]", right):
        return None
    before, after = re.search(_LEFT_FACTOR, left), re.match(_RIGHT_FACTOR, right)
    if not before or not after:
        advice = "matrices are multiplied by a merge of two values: `(a, b) -> matmul`"
        return ForeignWord(span=span, found="@", instead=advice, fix=None)
    port, label = (before[each] or "" for each in ("port", "label"))
    instead = f"({before['value']}, {after['value']}) -> {label}matmul"
    instead = f"{port} out: {instead}" if port else instead
    begin = before.start("port" if port else "label" if label else "value")
    whole = Span(source, line + begin, start + 1 + after.end("value"))
    advice = f"matrices are multiplied by a merge: `{instead}`"
    fix = _replace(whole, instead, advice, safe=False)
    return ForeignWord(span=span, found="@", instead=advice, fix=fix)


def _wrong_quotes(span: Span) -> Diagnostic:
    """Replaces both quotes, if the second one is on the same line."""
    source = span.source
    line_end = source.text.find("\n", span.end)
    rest = source.text[span.end : line_end if line_end >= 0 else len(source.text)]
    found = re.search(f"[{_QUOTES}]", rest)
    if found is None or '"' in found.string[: found.start()]:
        return WrongQuotes(span=span, found=span.text)
    closing = found.start()
    end = Span(source, span.end + closing, span.end + closing + 1)
    edits = (Edit(span, '"'), Edit(end, '"'))
    fix = Fix(f'write `"{rest[:closing]}"`', edits, safe=True)
    return WrongQuotes(span=span.to(end), found=span.text, fix=fix)


def comment(span: Span) -> Diagnostic:
    """A comment as in other languages."""
    text = span.source.text
    begins = not text[text.rfind("\n", 0, span.start) + 1 : span.start].strip()
    return ForeignComment(span=span, found=span.text, fix=_replace(span, "#", safe=begins))


def _not_a_parameter(source: Source, start: int, end: int) -> Diagnostic:
    return NotAParameter(span=Span(source, start, end))


PROBLEMS: dict[str, Problem] = {
    "glued_brace": _glued_brace,
    "open_string": _open_string,
    "open_docstring": _open_docstring,
    "bad_number": _bad_number,
    "long_number": _long_number,
    "infinite_number": _infinite_number,
    "too_deep": _too_deep,
    "too_many": _too_many,
    "foreign_constant": _foreign_constant,
    "unknown_escape": _unknown_escape,
    "unknown": _unknown,
    "not_a_parameter": _not_a_parameter,
    "space_in_label": _space_in_label,
    "number_in_label": _number_in_label,
    "empty_computed": _label("nothing stands between its braces"),
    "open_computed": _label("the `{` is not closed"),
    "lone_brace": _label("no `{` is open before this `}`"),
}
