"""Explanations of values, outputs and conditions that stand where only a step can."""

from __future__ import annotations

import re

from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.diagnostics.language.structure import MisplacedStatement
from netlang.syntax.mistakes.spot import Spot

__all__ = ["MISPLACED", "continued"]

_VALUE = r"[A-Za-z_\"][\w\"]*(?:\{[^{}\n]*\}|[\w.\"])*"
_VALUES = re.compile(rf"[ \t]*({_VALUE}(?:[ \t]*,[ \t]*{_VALUE})*)[ \t]*\)")
_MORE = re.compile(r"(?:[ \t]*,[ \t]*[A-Za-z_]\w*)+(?=[ \t]*(?:[\n;}#]|\Z))")
_ARROW = re.compile(r"(?:=>|-->|>|\|)(?=[ \t])")
_BEFORE_STEP = ("SEP", "{", "->", ":", "")
_FAR = 2_000
"""Characters after a brace within which the closing one is searched."""


def _values_in_call(spot: Spot) -> Diagnostic | None:
    """`concat(up, d{i})`: values come before the arrow."""
    opened = [number for number in spot.opened if spot.tokens.kinds[number] in ("(", "COMPUTED")]
    opener = next((n for n in opened if spot.tokens.kinds[n] == "("), None)
    if opener is None or (len(opened) < 2 and spot.kind() != "COMPUTED"):
        return None
    kinds, name = spot.tokens.kinds, spot.span(opener - 1 - spot.index)
    if kinds[opener - 1] != "NAME" or (kinds[opener - 2] if opener > 1 else "") not in _BEFORE_STEP:
        return None
    found = _VALUES.match(spot.source.text, spot.tokens.ends[opener])
    if found is None:
        return None
    values = f"({found[1]})" if "," in found[1] else found[1]
    text = f"{values} -> {name.text}"
    begins = kinds[opener - 2] in ("SEP", "{")
    fix = spot.replacing(f"write `{text}`", name.start, found.end(), text) if begins else None
    return MisplacedStatement(
        span=spot.at(found.start(1), found.end(1)),
        what=f"`{found[1]}`",
        why="values come before `->`, not in parentheses",
        advice=f"start a path at all that it reads: `{text}`",
        fix=fix,
    )


def _output_after_arrow(spot: Spot) -> Diagnostic | None:
    """`conv(4, 1x1) -> output same`."""
    if spot.text(-1) not in ("output", "auxiliary") or spot.kind(-2) != "->":
        return None
    if spot.kind() != "NAME" or spot.new_line:
        return None
    kind, name = spot.text(-1), spot.text()
    arrow = spot.span(-2)
    begin = spot.tokens.ends[spot.index - 3]
    margin = " " * (spot.span(spot.first).location.column - 1)
    text = f"\n{margin}{kind} {name}"
    return MisplacedStatement(
        span=spot.at(spot.span(-1).start, spot.span().end),
        what=f"`{kind} {name}`",
        why="an output is a statement, not a step",
        advice=f"write `{kind} {name}` on a line of its own",
        fix=spot.replacing(
            f"write `{kind} {name}` on a line of its own: it names the current value",
            min(begin, arrow.start),
            spot.span().end,
            text,
        ),
    )


def _several_outputs(spot: Spot) -> Diagnostic | None:
    """`output a, b`."""
    kind = spot.kind(-2)
    if spot.kind() != "," or kind not in ("output", "auxiliary", "input") or spot.first != -2:
        return None
    found = _MORE.match(spot.source.text, spot.start)
    if found is None or kind == "input":
        return None
    names = [spot.text(-1), *(each.strip() for each in found[0].split(",")[1:])]
    lines = [f"{kind} {name}: {name}" for name in names]
    margin = " " * (spot.span(-2).location.column - 1)
    advice = f"each output is a statement of its own: `{'; '.join(lines)}`"
    text = f"\n{margin}".join(lines)
    fix = spot.replacing(advice, spot.span(-2).start, found.end(), text)
    return MisplacedStatement(
        span=spot.at(spot.span(-1).start, found.end()),
        what=f"`{', '.join(names)}`",
        why="a statement declares one output",
        advice=advice,
        fix=fix,
    )


def _labelled_statement(spot: Spot) -> Diagnostic | None:
    """`skip: if deep { ... }`: a label stands before a step, which braces make of it."""
    word = spot.kind()
    if word not in ("if", "for", "repeat") or spot.kind(-1) != ":" or spot.innermost != "{":
        return None
    label = spot.text(-2)
    advice = f"put it in braces: `{label}: {{ {word} ... }}`"
    end = _end(spot.source.text, spot.start)
    fix = None
    if end is not None:
        edits = (
            Edit(spot.at(spot.start, spot.start), "{ "),
            Edit(spot.at(end, end), " }"),
        )
        fix = Fix(advice, edits)
    return MisplacedStatement(
        span=spot.span(),
        what=f"`{word}`",
        why=f"a label names the step after it, and `{word}` isn't a step",
        advice=advice,
        fix=fix,
    )


def _end(text: str, start: int) -> int | None:
    """The end of the statement with braces that begins at `start`, `else` included."""
    place = _closed(text, start)
    while place is not None:
        more = re.compile(r"\s*else\b").match(text, place)
        if more is None:
            return place
        place = _closed(text, more.end())
    return None


def _closed(text: str, start: int) -> int | None:
    """The place after the braces that open next; None if they don't close soon."""
    depth = 0
    for place in range(start, min(len(text), start + _FAR)):
        depth += (text[place] == "{") - (text[place] == "}")
        if text[place] == "}" and depth <= 0:
            return place + 1 if depth == 0 else None
    return None


def continued(spot: Spot) -> Fix | None:
    """The fix of `=> relu`, `| relu` and their like at the start of a line, which goes on."""
    text, found = spot.source.text, _ARROW.match(spot.source.text, spot.start)
    if found is None or spot.innermost != "{" or spot.kind(-1) != "SEP" or spot.index < 2:
        return None
    # From the end of the step before, so that reading with the fix begins before its line ends.
    start = spot.tokens.ends[spot.index - 2] - 1
    if "\n" not in text[start : spot.start]:
        return None
    return spot.replacing("write `->`", start, found.end(), f"{text[start : spot.start]}->")


def _arrow_on_a_line(spot: Spot) -> Diagnostic | None:
    fix = continued(spot)
    if fix is None:
        return None
    return spot.unexpected("write `->`", fix)


MISPLACED = (
    _arrow_on_a_line,
    _values_in_call,
    _output_after_arrow,
    _several_outputs,
    _labelled_statement,
)
