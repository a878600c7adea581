"""Explanations of a comma, line break, `:`, `=` or brace that is missing or wrong."""

from __future__ import annotations

import re
from difflib import get_close_matches

from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.diagnostics.language.syntax import (
    BodyExpected,
    ColonForEquals,
    EqualsForColon,
    LineBreakInside,
    MissingComma,
    MissingSeparator,
    UnexpectedText,
)
from netlang.source import Span
from netlang.syntax.mistakes.colons import STATEMENT_STARTS, VALUE_STARTS, colon_missing
from netlang.syntax.mistakes.spot import AGAIN, OPENERS, Spot

__all__ = ["SEPARATORS"]

_MERGES = ("add", "sub", "mul", "div", "max", "min", "concat", "matmul")
_FIRST_WORDS = ("input", "output", "auxiliary")
_TAPS = {"input": "the name of an input", "output": "the name of an output",
         "auxiliary": "the name of an output"}  # fmt: skip


def _equals(spot: Spot) -> Diagnostic | None:
    """`=` where only `:` is allowed, or before something that can only be a step."""
    if spot.kind() == "=" and ":" in spot.allowed:
        place, what = 0, _TAPS.get(spot.kind(-2), "a label or the key of a recipe")
    elif _labels_a_path(spot):
        place, what = spot.first + 1, "a label"
    else:
        return None
    span = spot.span(place)
    start = span.start
    while spot.source.text[start - 1] in " \t":
        start -= 1
    fix = spot.replacing("write `:`", start, span.end, ":")
    return EqualsForColon(span=span, what=what, fix=fix)


def _labels_a_path(spot: Spot) -> bool:
    """`name = step -> ...` or `name = { ...` in a body."""
    equals = spot.first + 1
    if spot.kind() not in ("->", "{") or spot.kind(equals) != "=" or spot.innermost != "{":
        return False
    return equals == -1 or spot.kind(equals + 1) == "NAME"


def _colon(spot: Spot) -> Diagnostic | None:
    if spot.kind() != ":" or "=" not in spot.allowed:
        return None
    if not spot.innermost and spot.kind(1) == "SEP":
        return None  # `net a:` and a line break: it lacks its brace
    what = "an argument or the default of a parameter" if spot.innermost == "(" else "a definition"
    fix = spot.replacing("write `=`", spot.start, spot.start + 1, "=" if spot.innermost else " =")
    return ColonForEquals(span=spot.span(), what=what, fix=fix)


def _body(spot: Spot) -> Diagnostic | None:
    """`if x:` or `repeat 3 relu`, or the brace on the next line."""
    if "{" not in spot.allowed or "NAME" in spot.allowed or spot.kind() in ("}", ")"):
        return None
    word = spot.kind(spot.first)
    if word not in ("if", "for", "repeat", "else", "block", "net", "train"):
        word = "else" if spot.kind(-1) == "else" else ""
    if not word or spot.innermost in ("(", "[") or ("(" in spot.allowed and spot.kind() == "="):
        return None
    fix = None
    if spot.kind() == "SEP" and spot.kind(1) == "{":
        end = spot.tokens.starts[spot.index + 1]
        fix = spot.replacing("put the brace on this line", spot.before, end, " ", safe=True)
    elif spot.kind() == "NAME" and spot.opened:
        line = spot.source.text.find("\n", spot.start)
        steps = spot.source.text[spot.start : line].rstrip() if line >= 0 else ""
        text = f"{{ {steps} }}"
        fix = spot.replacing(f"write `{text}`", spot.start, spot.start + len(steps), text)
        if steps.endswith("{"):
            words = steps[:-1].rstrip()
            fix = spot.replacing(f"remove `{words}`", spot.start, spot.start + len(steps), "{")
    if fix is None and spot.kind() == ":" and spot.kind(1) == "SEP":
        fix = _braced(spot)
    head = " ".join(spot.source.text[spot.span(spot.first).start : spot.before].split())
    return BodyExpected(
        span=spot.span(), what=f"`{word}`", what_text=head[-60:], found=spot.found, fix=fix
    )


def _else_with_colon(colon: Span) -> Diagnostic:
    """`else:` before a line break, or after the `}` of an `if`."""
    return BodyExpected(span=colon, what="`else`", what_text="else", found="`:`")


def _braced(spot: Spot) -> Fix | None:
    """Braces around the lines that are indented further, as Python would read them."""
    text = spot.source.text
    line = text.rfind("\n", 0, spot.start) + 1
    margin = len(text[line : spot.start]) - len(text[line : spot.start].lstrip(" \t"))
    inside = re.compile(
        rf"(?:[^\n]*\n)(?:[ \t]*(?:#[^\n]*)?\n|[ \t]{{{margin + 1},}}[^\n]*(?:\n|\Z))*"
    )
    found = inside.match(text, spot.start)
    if found is None:
        return None
    end = len(text[: found.end()].rstrip())
    if end <= spot.start + 1:
        return None
    before = spot.before if text[spot.before : spot.start].strip() == "" else spot.start
    edits = (
        Edit(spot.at(before, spot.start + 1), " {"),
        Edit(spot.at(end, end), f"\n{text[line : line + margin]}}}"),
    )
    return Fix("put its lines into braces", edits)


def _comma(spot: Spot) -> Diagnostic | None:
    if spot.innermost not in ("(", "[") or "," not in spot.allowed or spot.new_line:
        return None
    if spot.kind() not in VALUE_STARTS:
        return None
    fix = spot.replacing("put a `,` between them", spot.before, spot.before, ",")
    return MissingComma(
        span=spot.span(), found=spot.found, closing=OPENERS[spot.innermost], fix=fix
    )


def _misspelt(spot: Spot) -> str:
    """The word that `ouput` at the start of a statement was meant to be; "" for none."""
    if spot.kind(-1) == "}" and spot.kind() == "NAME" and spot.kind(1) in ("{", "if"):
        return next(iter(get_close_matches(spot.text(), ("else",), 1, 0.75)), "")
    if spot.first != -1 or spot.kind(-1) != "NAME" or spot.kind() != "NAME":
        return ""
    return next(iter(get_close_matches(spot.text(-1), _FIRST_WORDS, 1, 0.75)), "")


def _separator(spot: Spot) -> Diagnostic | None:
    if "SEP" not in spot.allowed or spot.kind() not in STATEMENT_STARTS:
        return None
    if spot.before == spot.start:
        return None
    if spot.text() == "else" and spot.kind(1) == ":" and spot.kind(-1) == "}":
        return _else_with_colon(spot.span(1))
    word = _misspelt(spot)
    if word:
        place = 0 if word == "else" else -1
        expected = f"no statement begins with `{spot.text(place)}`"
        span = spot.span(place)
        fix = spot.replacing(f"did you mean `{word}`?", span.start, span.end, word)
    elif spot.kind(spot.first) == "assert" and spot.kind() == "STRING":
        expected = "expected `,` before the message"
        fix = spot.replacing("put a `,` between them", spot.before, spot.before, ",")
    elif _repeats(spot):
        expected = "`reuse` applies a labelled step once more"
        span = spot.span(-1)
        text = f"reuse {spot.text()}"
        fix = spot.replacing(f"write `{text}`", span.start, spot.span().end, text)
    elif _in_merge(spot):
        expected = "each statement in a merge is a branch"
        advice = "put `;` between them: they are two branches (`->` would make them one)"
        fix = spot.replacing(advice, spot.before, spot.start, "; ")
    elif "->" in spot.allowed and spot.kind() in ("NAME", "reuse", "STRING", "{"):
        expected = "steps are joined by `->` or a line break"
        fix = spot.replacing("put `->` between them", spot.start, spot.start, "-> ")
    else:
        expected = "expected a line break or `;`"
        separator = "; " if spot.opened else "\n"
        fix = spot.replacing("put a line break between", spot.before, spot.start, separator)
    return MissingSeparator(span=spot.span(), found=spot.found, expected=expected, fix=fix)


def _repeats(spot: Spot) -> bool:
    """`right -> shared tower`."""
    return spot.kind(-1) == spot.kind() == "NAME" and spot.text(-1) in AGAIN


def _in_merge(spot: Spot) -> bool:
    """`add { linear(8) identity }`: directly inside of the braces of a merge."""
    if spot.innermost != "{":
        return False
    place = spot.opened[-1] - spot.index - 1
    if spot.kind(place) == ")":
        while spot.kind(place) not in ("(", ""):
            place -= 1
        place -= 1
    return spot.text(place) in _MERGES


def _ends_line(spot: Spot) -> bool:
    """A line break, even if it doesn't count: before a `}` and at the end of the file."""
    if spot.kind() == "SEP":
        return spot.text() != ";"
    inside = spot.kind() == "$END" and bool(spot.opened)
    return spot.kind() in ("}", "$END") and spot.new_line and not inside


def _line_end(spot: Spot) -> Diagnostic | None:
    if not _ends_line(spot) or "SEP" in spot.allowed or not spot.index:
        return None
    if spot.kind(-1) == ":" and spot.text(-2) == "else":
        return _else_with_colon(spot.span(-1))
    what = "a value" if "DIMS" in spot.allowed else "a statement"
    if "reuse" in spot.allowed:
        what = "a path"
    return LineBreakInside(
        span=spot.at(spot.before - 1, spot.before), what=what, expected=spot.expected
    )


def _mended(spot: Spot, advice: str, end: int, text: str) -> Diagnostic:
    """Something that isn't allowed here, with its replacement up to `end`."""
    return UnexpectedText(
        span=spot.at(spot.start, end),
        found=f"`{spot.source.text[spot.start : end]}`",
        expected=spot.expected,
        advice=advice,
        fix=spot.replacing(advice, spot.start, end, text),
    )


def _comparison(spot: Spot) -> Diagnostic | None:
    if spot.kind() != "=" or "==" not in spot.allowed:
        return None
    if spot.kind(-1) == "in" and spot.kind(2) in (",", ")"):  # `linear(in=64, out=10)`
        advice, span = "the size of the input is not given: leave it out", spot.span(-1)
        end = spot.span(3).start if spot.kind(2) == "," else spot.span(1).end
        fix = spot.replacing(advice, span.start, end, "")
        return UnexpectedText(
            span=span, found="`in=`", expected="an argument of the step", advice=advice, fix=fix
        )
    return _mended(spot, "`==` compares", spot.start + 1, "==")


def _split_arrow(spot: Spot) -> Diagnostic | None:
    if (spot.kind(), spot.kind(1)) != ("-", ">"):
        return None
    return _mended(spot, "write `->`", spot.span(1).end, "->")


def _comma_in_body(spot: Spot) -> Diagnostic | None:
    if spot.kind() != "," or spot.innermost != "{" or "SEP" not in spot.allowed:
        return None
    return _mended(spot, "separate statements by a line break or `;`", spot.start + 1, ";")


def _bare_argument(spot: Spot) -> Diagnostic | None:
    """`conv 64`."""
    if spot.kind(-1) != "NAME" or "(" not in spot.allowed or spot.innermost != "{":
        return None
    if spot.kind() not in ("NUMBER", "DIMS", "STRING", "true", "false"):
        return None
    advice = f"arguments stand in parentheses: `{spot.text(-1)}({spot.text()})`"
    return UnexpectedText(
        span=spot.span(),
        found=spot.found,
        expected=spot.expected,
        advice=advice,
        fix=spot.replacing(advice, spot.before, spot.span().end, f"({spot.text()})"),
    )


def _semicolon_inside(spot: Spot) -> Diagnostic | None:
    """`conv(64; 3)`."""
    if spot.text() != ";" or spot.innermost not in ("(", "["):
        return None
    return _mended(spot, "separate arguments and items by `,`", spot.start + 1, ",")


def _arrow_at_start(spot: Spot) -> Diagnostic | None:
    """`->` after something that has no value."""
    if spot.kind() != "->" or "->" in spot.allowed or not spot.new_line:
        return None
    advice = "remove it: the line begins a path of its own"
    fix = spot.replacing(advice, spot.start, spot.tokens.starts[spot.index + 1], "")
    return UnexpectedText(
        span=spot.span(), found="`->`", expected=spot.expected, advice=advice, fix=fix
    )


SEPARATORS = (
    _equals, _colon, _comparison, _split_arrow, _comma_in_body, _bare_argument,
    _semicolon_inside, colon_missing, _arrow_at_start, _body, _comma, _separator, _line_end,
)  # fmt: skip
