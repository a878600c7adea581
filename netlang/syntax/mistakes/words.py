"""Explanations of words that are reserved, foreign, or in the wrong kind of place."""

from __future__ import annotations

from difflib import get_close_matches

from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.language.syntax import (
    DocstringMisplaced,
    ForeignWord,
    KeywordAsName,
    StatementMisplaced,
    UnexpectedText,
    UnknownDefinition,
)
from netlang.records import replace
from netlang.source import Span
from netlang.syntax.lalr import load_tables
from netlang.syntax.mistakes.brackets import closed_early
from netlang.syntax.mistakes.paths import path_of_file
from netlang.syntax.mistakes.spot import OPENERS, Spot
from netlang.syntax.mistakes.text import comment

__all__ = ["WORDS"]

_DEFINITIONS = ("block", "net", "train", "from", "assert")
_IN_BODY = frozenset(("input", "output", "auxiliary", "if", "for", "repeat", "reuse"))

_BLOCK = "a part of a net is a `block name(parameters) { ... }`"
_LOOP = "steps are repeated with `repeat n { ... }` or `for i in range(n) { ... }`"
_CONSTANT = "a constant is just `name = value`"
_ADVICE = {
    "def": _BLOCK, "class": _BLOCK, "fn": _BLOCK, "func": _BLOCK, "function": _BLOCK,
    "module": _BLOCK, "layer": _BLOCK, "while": _LOOP, "loop": _LOOP, "let": _CONSTANT,
    "var": _CONSTANT, "const": _CONSTANT, "return": "the last value of a body is its output",
    "import": "write `from file import name`", "pass": "a body may be empty: `{ }`",
    "lambda": "a layer is a value already: `act=relu`; a function of numbers is a line such as "
    "`double(x) = 2 * x`",
    "switch": "write `if ... else if ...`",
    "is": "compare with `==`", "then": "the body of an `if` stands in braces",
}  # fmt: skip
_FUNCTIONS = ("def", "fn", "func", "function")
_NEEDLESS = ("return", "let", "var", "const")
_INSTEAD = {"is": "==", "class": "block", "module": "block",
            "elif": "else if", "elsif": "else if", "elseif": "else if", "def": "block",
            "fn": "block", "func": "block", "function": "block"}  # fmt: skip


def _foreign_comment(spot: Spot) -> Diagnostic | None:
    """`//` or `/*` without a value before it that could be divided."""
    if spot.kind() == "//" or (spot.kind() == "/" and spot.kind(1) in ("*", "**")):
        return path_of_file(spot) or _comment_at(spot)
    if spot.kind(-2) == "//" and (spot.kind(-1), spot.kind()) == ("NAME", "NAME"):
        return comment(spot.span(-2))
    return None


def _comment_at(spot: Spot) -> Diagnostic:
    """Without a fix where the statement, which would end before the comment, isn't complete."""
    error = comment(spot.span())
    goes_on = spot.innermost in ("(", "[") or spot.kind(-1) in ("", "SEP", "{", "->")
    return error if goes_on or "SEP" in spot.allowed else replace(error, fix=None)


def _foreign_word(spot: Spot) -> Diagnostic | None:
    """The spot is a word of another language, or follows one that begins the statement."""
    for offset in (0, spot.first, *((-1,) if spot.text(-1) == "lambda" else ())):
        word = spot.text(offset)
        near = offset >= -2
        if near and spot.kind(offset) == "NAME" and word in _ADVICE.keys() | _INSTEAD.keys():
            return _foreign(spot, offset, word)
    if spot.kind() == "not" and spot.kind(1) == "in":
        advice = "write `not a in b`"
        return ForeignWord(
            span=spot.at(spot.start, spot.span(1).end), found="not in", instead=advice
        )
    if spot.kind() in ("+", "-", "*", "/", "//") and spot.kind(1) == "=":
        advice = "a name is assigned once, with `=`"
        found = spot.text() + "="
        return ForeignWord(span=spot.span().to(spot.span(1)), found=found, instead=advice)
    return None


def _foreign(spot: Spot, offset: int, word: str) -> Diagnostic:
    span = spot.span(offset)
    if word in _FUNCTIONS and (function := _function(spot, offset)):
        return function
    fix: Fix | None = None
    instead = _INSTEAD.get(word)
    if word in _NEEDLESS:
        end = spot.tokens.starts[spot.index + offset + 1]
        advice = f"{_ADVICE[word]}: remove `{word}`"
        fix = spot.replacing(advice, span.start, end, "")
    if word not in _NEEDLESS and spot.text(offset + 1) in ("block", "net", "train"):
        end = spot.tokens.starts[spot.index + offset + 1]
        fix = spot.replacing(f"remove `{word}`", span.start, end, "")
    elif instead:
        advice = f"write `{instead}`"
        if word in _FUNCTIONS:
            advice += "; a function of numbers is a line such as `double(x) = 2 * x`"
        fix = spot.replacing(advice, span.start, span.end, instead)
    return ForeignWord(
        span=span, found=word, instead=_ADVICE.get(word) or f"write `{instead}`", fix=fix
    )


def _function(spot: Spot, offset: int) -> Diagnostic | None:
    """`def double(x): return 2 * x`, `fn double(x) = 2 * x`."""
    if (spot.kind(offset + 1), spot.kind(offset + 2)) != ("NAME", "("):
        return None
    close, depth = offset + 2, 0
    while kind := spot.kind(close):
        depth += (kind in OPENERS) - (kind in OPENERS.values())
        if depth == 0:
            break
        close += 1
    value = close + 1
    while spot.text(value) == ":" or spot.kind(value) == "SEP" or spot.text(value) == "return":
        value += 1
    if spot.kind(close + 1) not in (":", "=") or not spot.kind(value):
        return None
    value += spot.kind(value) == "="
    span, begin = spot.span(offset), spot.span(offset + 1).start
    head = spot.source.text[begin : spot.span(close).end]
    advice = f"a function of numbers is a line such as `{spot.text(offset + 1)}(x) = 2 * x`"
    fix = spot.replacing(advice, span.start, spot.span(value).start, f"{head} = ")
    return ForeignWord(span=span, found=span.text, instead=advice, fix=fix)


def _keyword_as_name(spot: Spot) -> Diagnostic | None:
    word = spot.kind()
    if (word, spot.kind(-1), spot.first) == ("=", "here", -1):  # `here` alone may begin a path
        return _renamed(spot, spot.span(-1), "here", "a name")
    if word not in load_tables().words.keywords or "NAME" not in spot.allowed:
        return None
    if spot.kind(-1) in ("SEP", "{", "}", "", "->", "else") or _starts_value(spot):
        return None
    following = spot.kind(1)
    if following not in ("=", ",", ")", "{", "(", ":", "in", "SEP", "import", "."):
        return None
    return _renamed(spot, spot.span(), word, spot.expected)


def _renamed(spot: Spot, span: Span, word: str, expected: str) -> Diagnostic:
    advice = f"choose another name, such as `{word}_`"
    fix = spot.replacing(advice, span.start, span.end, f"{word}_")
    return KeywordAsName(span=span, word=word, expected=expected, fix=fix)


def _starts_value(spot: Spot) -> bool:
    """After an operator, a missing value is the likelier mistake."""
    return spot.kind(-1) in ("+", "-", "*", "/", "==", "and", "or", "not")


def _docstring(spot: Spot) -> Diagnostic | None:
    if spot.kind() != "DOC":
        return None
    span = spot.span()
    indent = "\n" + " " * (span.location.column - 1)
    lines = [line.strip() for line in span.text.strip('"').strip().splitlines()]
    text = indent.join(f"# {line}".rstrip() for line in lines)
    advice = "make it a comment: begin its lines with `#`"
    return DocstringMisplaced(span=span, fix=spot.replacing(advice, span.start, span.end, text))


def _outside_body(spot: Spot) -> Diagnostic | None:
    """A step or a body's statement at file level."""
    if spot.opened:
        return None
    word = spot.kind()
    if word in _IN_BODY and not spot.first:
        return StatementMisplaced(
            span=spot.span(), what=f"`{word}`", where="outside a body",
            reason="this isn't a definition",
            advice="put it into the braces of a `net` or a `block`",
            fix=closed_early(spot),
        )  # fmt: skip
    if spot.index + spot.first < 0:
        return None
    if spot.first < -1 and spot.allowed == {"="} and spot.kind(-1) == ")":
        return _step_outside(spot)
    if spot.first != -1 or spot.kind(-1) != "NAME":
        return None
    name = spot.text(-1)
    if spot.kind() in ("NAME", "STRING"):
        close = get_close_matches(name, _DEFINITIONS, 1, 0.6)
        fix = None
        if close:
            span = spot.span(-1)
            fix = spot.replacing(f"write `{close[0]}`", span.start, span.end, close[0])
        return UnknownDefinition(span=spot.span(-1), word=name, fix=fix)
    if spot.kind() in ("(", "->", "SEP", "$END", "{", "COMPUTED", "."):
        return _step_outside(spot)
    return None


def _step_outside(spot: Spot) -> Diagnostic:
    return StatementMisplaced(
        span=spot.span(spot.first), what="a step", where="outside a body",
        reason="this isn't a definition",
        advice="put it into the braces of a `net` or a `block`",
        fix=closed_early(spot),
    )  # fmt: skip


def _inside_body(spot: Spot) -> Diagnostic | None:
    """`block name` or `from x import` in a body."""
    if spot.innermost == "{" and spot.kind() == "inline":
        return _nested(spot.span(), "a definition with `inline block`")
    word = spot.text(spot.first)
    if spot.innermost != "{" or spot.first != -1 or word not in ("block", "net", "train", "from"):
        return None
    if spot.kind() != "NAME":
        return None
    what = "an import" if word == "from" else f"a definition with `{word}`"
    return _nested(spot.span(-1), what)


def _nested(span: Span, what: str) -> Diagnostic:
    return StatementMisplaced(
        span=span, what=what, where="inside a body", reason="definitions don't nest",
        advice="move it out of the braces, to the level of the file",
    )  # fmt: skip


def _lone_else(spot: Spot) -> Diagnostic | None:
    if spot.kind() != "else":
        return None
    advice = "`else` follows the `}` of an `if`"
    return UnexpectedText(span=spot.span(), found="`else`", expected=spot.expected, advice=advice)


WORDS = (
    _docstring, _foreign_comment, _foreign_word, _inside_body, _outside_body, _lone_else,
    _keyword_as_name,
)  # fmt: skip
