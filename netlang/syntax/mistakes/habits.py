"""Explanations of syntax from other languages and frameworks."""

from __future__ import annotations

import re

from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.diagnostics.language.syntax import ForeignWord
from netlang.syntax.mistakes.misplaced import continued
from netlang.syntax.mistakes.paths import path_of_file
from netlang.syntax.mistakes.spot import Spot

__all__ = ["HABITS", "pipe"]

_INSIDE = re.compile(r"\(([^()\[\]{}\n]*)\)")
_FAR = 2_000  # characters after a bracket within which the closing one is searched
_ARROWS = {("=", ">"): "=>", ("-", "->"): "-->"}


def _other_arrow(spot: Spot) -> Diagnostic | None:
    """`conv(8, 3x3) => relu`."""
    kinds = (spot.kind(), spot.kind(1))
    if kinds not in _ARROWS or "->" not in spot.allowed:
        return None
    end = spot.span(1).end
    if spot.source.text[spot.start : end] != _ARROWS[kinds]:
        return None
    return spot.unexpected("write `->`", spot.replacing("write `->`", spot.start, end, "->"))


def _quoted_label(spot: Spot) -> Diagnostic | None:
    """`conv-1: relu`."""
    if (spot.kind(-1), spot.kind(), spot.kind(2)) != ("NAME", "-", ":"):
        return None
    start, end = spot.span(-1).start, spot.span(1).end
    text = f'"{spot.source.text[start:end]}"'
    advice = f"a label that isn't a name stands in quotes: `{text}`"
    return spot.unexpected(advice, spot.replacing(advice, start, end, text))


def _module_in_front(spot: Spot) -> Diagnostic | None:
    """`nn.ReLU()`."""
    before = tuple(spot.kind(offset) for offset in (-3, -2, -1))
    if spot.kind() != "(" or before != ("NAME", ".", "NAME"):
        return None
    advice = f"a step has no module in front of it: `{spot.text(-1)}(...)`"
    fix = spot.replacing(advice, spot.span(-3).start, spot.span(-1).start, "")
    return spot.unexpected(advice, fix)


def _method_of_step(spot: Spot) -> Diagnostic | None:
    """`conv(8, 3x3).relu()`."""
    if (spot.kind(-1), spot.kind(), spot.kind(1)) != (")", ".", "NAME") or spot.innermost != "{":
        return None
    if "->" not in spot.allowed:
        return None
    advice = f"steps are joined by `->`: `-> {spot.text(1)}`"
    fix = spot.replacing(advice, spot.before, spot.span(1).start, " -> ")
    return spot.unexpected(advice, fix)


def _arrow_after_value(spot: Spot) -> Diagnostic | None:
    """`x => relu`, which begins as a constant does; `relu > tanh`; `relu -> -> tanh`."""
    if spot.kind() == ">" and spot.kind(-1) == "=" and spot.before == spot.start:
        start = spot.span(-1).start
        if (spot.first == -2 or spot.kind(-2) == ")") and spot.innermost == "{":
            fix = spot.replacing("write `->`", start, spot.start + 1, "->")
            return spot.unexpected("write `->`", fix)
    if spot.kind() == ">" and "->" in spot.allowed and spot.innermost == "{":
        fix = spot.replacing("write `->`", spot.start, spot.start + 1, "->")
        return spot.unexpected("write `->`", fix)
    if spot.kind() == spot.kind(-1) and spot.kind() in ("->", ","):
        fix = spot.replacing("remove it", spot.start, spot.tokens.starts[spot.index + 1], "")
        return spot.unexpected("remove it", fix)
    return None


def _unnamed_input(spot: Spot) -> Diagnostic | None:
    """`input [3, 32, 32]` and `input: [3, 32, 32]`."""
    place = -2 if spot.kind(-1) == ":" else -1
    if spot.kind() != "[" or place != spot.first or spot.text(place) != "input":
        return None
    advice = "an input has a name: `input image: [3, 224, 224]`"
    fix = spot.replacing(advice, spot.span(place).end, spot.start, " image: ")
    return spot.unexpected(advice, fix)


def _shape_in_parentheses(spot: Spot) -> Diagnostic | None:
    """`input image: (3, 32, 32)`, `input tokens: int64(128)`, `input image (3, 32, 32)`."""
    if spot.kind() != "(" or spot.kind(spot.first) != "input" or spot.opened[1:]:
        return None
    before, last = spot.kind(-2), spot.kind(-1)
    if last != ":" and (last != "NAME" or before not in (":", "input")):
        return None
    found = _INSIDE.match(spot.source.text, spot.start)
    if found is None:
        return spot.unexpected("a shape stands in square brackets: `[3, 224, 224]`")
    text = f"[{found[1].rstrip(', ')}]"
    advice = f"a shape stands in square brackets: `{text}`"
    start, colon = (spot.before, ": ") if before == "input" and last == "NAME" else (spot.start, "")
    return spot.unexpected(advice, spot.replacing(advice, start, found.end(), colon + text))


def _merge_in_brackets(spot: Spot) -> Diagnostic | None:
    """`add [` and branches."""
    if spot.kind() != "[" or spot.innermost != "{" or spot.kind(-1) not in ("NAME", ")"):
        return None
    if "{" not in spot.allowed:
        return None
    advice = "the steps of a body stand in braces: `{ ... }`"
    closing = _closing(spot.source.text, spot.start)
    if closing is None:
        return spot.unexpected(advice)
    *commas, end = closing
    if not commas and not set("\n(") & set(spot.source.text[spot.start : end]):
        return None  # `a[0]`
    space = " " if spot.before == spot.start else ""
    edits = [
        Edit(spot.at(spot.start, spot.start + 1), space + "{"),
        Edit(spot.at(end, end + 1), "}"),
    ]
    edits += [Edit(spot.at(each, each + 1), ";") for each in commas]
    return spot.unexpected(advice, Fix(advice, tuple(edits)))


def _closing(text: str, start: int, bracket: str = "]") -> list[int] | None:
    """The commas of a bracket, and where it closes; None if it doesn't close soon."""
    depth, commas = 0, list[int]()
    for place in range(start, min(len(text), start + _FAR)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if not depth:
            return [*commas, place] if text[place] == bracket else None
        if text[place] == "," and depth == 1:
            commas.append(place)
    return None


def _spaced_dims(spot: Spot) -> Diagnostic | None:
    """`3 x 3` and `3 x3`, for `3x3` as one word."""
    if spot.kind(-1) != "NUMBER" or spot.kind() != "NAME" or spot.new_line:
        return None
    spaced = spot.text() == "x" and spot.kind(1) == "NUMBER"
    if not spaced and not re.fullmatch(r"x\d+(x\d+)*", spot.text()):
        return None
    span = spot.span(-1).to(spot.span(1) if spaced else spot.span())
    instead = "".join(span.text.split())
    advice = f"write `{instead}`, without spaces"
    return spot.unexpected(advice, spot.replacing(advice, span.start, span.end, instead))


def _named_value(spot: Spot) -> Diagnostic | None:
    """`early_stopping: patience=10`."""
    kinds = [spot.kind(offset) for offset in range(-3, 2)]
    if kinds != ["NAME", ":", "NAME", "=", "NUMBER"] or spot.kind(2) not in ("SEP", "}", "$END"):
        return None
    advice = f"write `{spot.text(-3)}: {spot.text(1)}`"
    start, end = spot.span(-1).start, spot.span(1).start
    return spot.unexpected(advice, spot.replacing(advice, start, end, ""))


def _unclosed_call(spot: Spot) -> Diagnostic | None:
    """`conv(8, 3x3 -> relu`."""
    if spot.kind() != "->" or spot.innermost != "(" or ")" not in spot.allowed:
        return None
    advice = "close the parenthesis before it"
    return spot.unexpected(advice, spot.replacing(advice, spot.before, spot.before, ")"))


def _loop_without_in(spot: Spot) -> Diagnostic | None:
    """`for i range(3)`, `for i = range(3)`, `for k of ks` and `for i 3`."""
    if not {"in"} <= spot.allowed <= {"in", ","}:
        return None
    example = "[k for k in list]" if spot.innermost == "[" else "for i in range(3) { ... }"
    advice = f"`in` stands before the list: `{example}`"
    word = spot.kind() in ("=", ":", "NAME")  # what may stand there in place of it
    number = int(word)
    if spot.kind(number) == "NUMBER" and spot.kind(number + 1) == "{":
        text = f"in range({spot.text(number)})"
        fix = spot.replacing(f"write `{text}`", spot.before, spot.span(number).end, f" {text}")
    elif word and spot.kind(1) in ("NAME", "["):
        instead = f"write `in` in place of `{spot.text()}`"
        fix = spot.replacing(instead, spot.before, spot.span().end, " in")
    elif spot.kind() == "[" or (word and spot.kind(1) != "NUMBER"):
        fix = spot.replacing("write `in` before the list", spot.before, spot.before, " in")
    else:
        return spot.unexpected(advice)
    return spot.unexpected(advice, fix)


def _loop_in_call(spot: Spot) -> Diagnostic | None:
    """`sum(k for k in ks)`: a list stands in brackets."""
    if spot.kind() != "for" or spot.innermost != "(":
        return None
    text, start = spot.source.text, spot.tokens.ends[spot.opened[-1]]
    advice = "a list stands in square brackets: `sum([k for k in list])`"
    closing = _closing(text, start - 1, ")")
    if closing is None or len(closing) > 1:
        return spot.unexpected(advice)
    instead = f"[{text[start : closing[0]].strip()}]"
    advice = f"a list stands in square brackets: `{instead}`"
    return spot.unexpected(advice, spot.replacing(advice, start, closing[0], instead))


def _spread_of_values(spot: Spot) -> Diagnostic | None:
    """`(*branches) -> concat` and `(x{i} for i in range(n)) -> concat`."""
    spread = spot.kind() == "*" and spot.kind(-1) == "("
    if spot.innermost != "(" or not (spread or spot.kind() == "for"):
        return None
    if spot.kind(spot.opened[-1] - spot.index - 1) not in ("SEP", "{", "}"):
        return None
    advice = (
        "values are written one by one: `(a, b)`; a merge takes as many as a loop has: "
        "`add { for i in range(n) { x{i} } }`"
    )
    return spot.unexpected(advice)


def _index_of_value(spot: Spot) -> Diagnostic | None:
    """`halves[0] -> relu`."""
    kinds = (spot.kind(-1), spot.kind(), spot.kind(1), spot.kind(2))
    if kinds != ("NAME", "[", "NUMBER", "]") or spot.innermost != "{" or "->" not in spot.allowed:
        return None
    text = f"{spot.text(-1)}.{spot.text(1)}"
    return spot.unexpected(
        f"one of several outputs is `{text}`; `slice` and `split` take a tensor apart"
    )


def _formatted_label(spot: Spot) -> Diagnostic | None:
    """`f"conv{i}": relu`."""
    if spot.kind() != "STRING" or spot.text(-1) != "f" or spot.before != spot.start:
        return None
    return spot.unexpected("a computed label has braces and no quotes: `conv{i}: ...`")


def pipe(spot: Spot) -> Diagnostic | None:
    """`conv(8, 3x3) | relu`: between steps, `or` isn't meant."""
    if spot.innermost != "{" or spot.source.text[spot.start + 1] == "|":
        return None
    if fix := continued(spot):
        return ForeignWord(span=spot.span(), found="|", instead="steps are joined by `->`", fix=fix)
    if "->" not in spot.allowed:
        return None
    fix = spot.replacing("steps are joined by `->`", spot.start, spot.start + 1, "->")
    return ForeignWord(span=spot.span(), found="|", instead=fix.description, fix=fix)


HABITS = (
    _loop_without_in, _other_arrow, _arrow_after_value, _quoted_label, _module_in_front,
    _method_of_step,
    _unnamed_input, _shape_in_parentheses, _merge_in_brackets, path_of_file, _spaced_dims,
    _named_value, _unclosed_call, _spread_of_values,
    _loop_in_call, _index_of_value, _formatted_label,
)  # fmt: skip
