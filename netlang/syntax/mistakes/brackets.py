"""Explanations of brackets that are missing, of the wrong kind, or misinterpreted."""

from __future__ import annotations

import re

from netlang.diagnostics.diagnostic import Diagnostic, Fix, Note
from netlang.diagnostics.language.syntax import (
    LabelText,
    MissingClosing,
    StatementMisplaced,
    UnmatchedClosing,
)
from netlang.syntax.mistakes.spot import OPENERS, Spot
from netlang.syntax.mistakes.text import PROBLEMS

__all__ = ["BRACKETS", "UNCLOSED", "closed_early"]

# The words before a port, and how a name that is computed could begin.
_PORTS = {"input": "x", "output": "y", "auxiliary": "aux"}
_NEW_DEFINITION = re.compile(r"(?:inline[ \t]+block|block|net|train|from)[ \t]+[A-Za-z_]")


def _missing_space(spot: Spot) -> Diagnostic | None:
    """The text inside or after a brace without a space before it isn't a computed name."""
    number = _computed_brace(spot)
    if number is None or (spot.kind() == "for" and spot.innermost == "("):
        return None
    if spot.kind() == ":" and "}" in spot.allowed:
        return _unclosed(spot)
    if (spot.kind(-1), spot.kind(), spot.kind(1)) == ("COMPUTED", "}", ":"):
        return PROBLEMS["empty_computed"](spot.source, spot.span(-1).start, spot.span().end)
    start = spot.tokens.starts[number]
    return PROBLEMS["glued_brace"](spot.source, start, start + 1)


def _computed_brace(spot: Spot) -> int | None:
    """The number of the token that opened the computed name around, at, or just before the spot."""
    kinds = spot.tokens.kinds
    opened = [number for number in spot.opened if kinds[number] == "COMPUTED"]
    if spot.kind() == "COMPUTED":
        opened.append(spot.index)
    if not opened and spot.kind(-1) == "}":
        opened = [_opener(kinds, spot.index - 1)]
    glued = [number for number in opened if kinds[number] == "COMPUTED" and _glued(spot, number)]
    return glued[-1] if glued else None


def _opener(kinds: list[str], closer: int) -> int:
    depth = 0
    for number in range(closer, -1, -1):
        if kinds[number] == "}":
            depth += 1
        elif kinds[number] in ("{", "COMPUTED"):
            depth -= 1
            if not depth:
                return number
    return closer


def _glued(spot: Spot, number: int) -> bool:
    tokens = spot.tokens
    return number > 0 and tokens.ends[number - 1] == tokens.starts[number] and (
        tokens.kinds[number - 1] not in (".", "(", ",")
    )  # fmt: skip


def _closing(spot: Spot) -> Diagnostic | None:
    """A closing bracket that doesn't match the innermost open one."""
    kind = spot.kind()
    if kind not in OPENERS.values() or (spot.innermost and OPENERS[spot.innermost] == kind):
        return None
    if any(OPENERS[spot.tokens.kinds[number]] == kind for number in spot.opened):
        return _unclosed(spot)
    early = closed_early(spot) if spot.first and not spot.opened else None
    if early is not None:
        return StatementMisplaced(
            span=spot.span(spot.first), what="a step", where="outside a body",
            reason="this isn't a definition", fix=early,
        )  # fmt: skip
    reason = "no bracket is open here"
    notes: tuple[Note, ...] = ()
    if spot.opened:
        opener = spot.opened[-1] - spot.index
        reason = f"expected `{OPENERS[spot.innermost]}`"
        notes = (Note(spot.span(opener), "this is open"),)
    instead = ""
    if (
        spot.opened
        and "\n" not in spot.source.text[spot.span(spot.opened[-1] - spot.index).start : spot.start]
    ):
        instead = OPENERS[spot.innermost]
    description = f"write `{instead}`" if instead else "remove it"
    fix = spot.replacing(description, spot.start, spot.start + 1, instead)
    return UnmatchedClosing(span=spot.span(), closing=kind, reason=reason, notes=notes, fix=fix)


def closed_early(spot: Spot) -> Fix | None:
    """Removes the brace before an indented line, which closed the body too early."""
    begin = spot.first
    if spot.kind(begin - 1) != "SEP" or spot.kind(begin - 2) != "}":
        return None
    text, brace = spot.source.text, spot.span(begin - 2)
    start = text.rfind("\n", 0, spot.span(begin).start) + 1
    if text[start : spot.span(begin).start].strip() or start == spot.span(begin).start:
        return None
    blanks = len(text[: brace.start]) - len(text[: brace.start].rstrip(" \t"))
    advice = "remove the `}` before it, which closes the body too early"
    return spot.replacing(advice, brace.start - blanks, brace.end, "")


def _definition_inside(spot: Spot) -> Diagnostic | None:
    """A definition at the start of a line while brackets are open: one was never closed."""
    if not spot.opened:
        return None
    for offset in range(spot.first, 1):
        start = spot.tokens.starts[spot.index + offset]
        column = spot.source.location(start).column
        outside = spot.opened[0] < spot.index + offset
        if outside and column == 1 and _NEW_DEFINITION.match(spot.source.text, start):
            return _unclosed(spot, offset)
    return None


def _unclosed(spot: Spot, offset: int = 0) -> MissingClosing:
    """The bracket that is still open at the token at `offset`."""
    opener = _culprit(spot)
    opening = "{" if spot.tokens.kinds[opener] == "COMPUTED" else spot.tokens.kinds[opener]
    closing = OPENERS[opening]
    place = spot.index + offset
    end = spot.tokens.ends[place - 1]
    if spot.kind(offset - 1) == "SEP":
        end = spot.tokens.ends[place - 2]
    at_end = spot.kind(offset) == "$END"
    return MissingClosing(
        span=spot.at(end - 1, end) if at_end else spot.span(offset),
        opening=opening,
        closing=closing,
        found=spot.found if not offset else f"`{spot.text(offset)}`",
        notes=(Note(spot.span(opener - spot.index), "opened here"),),
        fix=_close_all(spot, end, closing, at_end or opening == "{"),
    )


def _close_all(spot: Spot, end: int, closing: str, through: bool) -> Fix:
    """Closes the innermost bracket; before a definition and at the end of the file, all of them."""
    kinds = [spot.tokens.kinds[number] for number in reversed(spot.opened)]
    if kinds[0] == "COMPUTED" or not through:
        return spot.replacing(f"close it with `{closing}`", end, end, OPENERS[kinds[0]])
    text = "".join("\n}" if kind == "{" else OPENERS[kind] for kind in kinds)
    return spot.replacing(f"close it with `{closing}`", end, end, text)


def _culprit(spot: Spot) -> int:
    """The bracket that the author forgot to close, judging by indentation.

    A `}` that begins a line belongs to the line with the same indentation. If it closed a bracket
    of a line further to the right, that bracket was left open.
    """
    if spot.innermost != "{":
        return spot.opened[-1]
    opened: list[tuple[int, int]] = []
    suspect = None
    for number in range(spot.opened[0], spot.index):
        kind = spot.tokens.kinds[number]
        if kind in OPENERS:
            opened.append((number, _indentation(spot, number)))
        elif kind in OPENERS.values() and opened:
            opener, indentation = opened.pop()
            begins = not spot.source.text[
                _line_start(spot, number) : spot.tokens.starts[number]
            ].strip()
            if kind == "}" and begins and _indentation(spot, number) < indentation:
                suspect = suspect or opener
    return suspect if suspect is not None else spot.opened[-1]


def _line_start(spot: Spot, number: int) -> int:
    return spot.source.text.rfind("\n", 0, spot.tokens.starts[number]) + 1


def _indentation(spot: Spot, number: int) -> int:
    start = _line_start(spot, number)
    line = spot.source.text[start : spot.tokens.starts[number]].expandtabs(4)
    return len(line) - len(line.lstrip())


def _end_inside(spot: Spot) -> Diagnostic | None:
    """The text ends, or a new line begins, before a bracket is closed."""
    if not spot.opened:
        return None
    if spot.kind() == "{" and spot.innermost == "(" and ")" in spot.allowed and _ends_line(spot):
        return _unclosed(spot)
    if spot.kind() == "$END" or (spot.new_line and spot.innermost in ("(", "[")):
        return _unclosed(spot)
    return None


def _ends_line(spot: Spot) -> bool:
    """Whether only a comment follows the spot on its line."""
    text = spot.source.text
    end = text.find("\n", spot.start)
    behind = text[spot.span().end : end if end >= 0 else len(text)]
    return not behind.split("#")[0].strip()


def _space_before_computed(spot: Spot) -> Diagnostic | None:
    """`layer {i}: relu`: what looks like a body is part of a label."""
    if (spot.kind(-1), spot.kind()) != ("}", ":"):
        return None
    opener = _opener(spot.tokens.kinds, spot.index - 1)
    if opener == 0 or spot.tokens.kinds[opener - 1] != "NAME":
        return None
    start, end = spot.tokens.ends[opener - 1], spot.tokens.starts[opener]
    kind = spot.source.text[spot.tokens.starts[opener - 1] : start]
    if kind in _PORTS:
        reason = "the name of an input or output begins with a word"
        text = f"write `{kind} {_PORTS[kind]}{{...}}`"
        fix = spot.replacing(text, start, end, f" {_PORTS[kind]}")
        return LabelText(span=spot.at(start, end), reason=reason, fix=fix)
    fix = spot.replacing("remove the space", start, end, "", safe=True)
    reason = "its parts stand together, without spaces"
    return LabelText(span=spot.at(start, end), reason=reason, fix=fix)


BRACKETS = (_closing, _definition_inside, _missing_space, _space_before_computed)
UNCLOSED = (_end_inside,)
