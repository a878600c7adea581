"""Arithmetic of values, and numbers where values stand: `a + b`, `y * 0.17`, `(x, -1) -> add`."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.syntax.mistakes.spot import Spot
from netlang.syntax.number_steps import number_advice, step_with

__all__ = ["NUMBERS"]

_MERGES = {"+": "add", "-": "sub", "*": "mul"}


def _arithmetic(spot: Spot) -> Diagnostic | None:
    """`a + b` of values, `conv(8, 3x3) * 3` of steps."""
    if spot.kind() not in _MERGES or spot.innermost != "{" or "->" not in spot.allowed:
        return None
    if spot.kind(1) == "NUMBER":
        times = spot.text(1)
        if spot.kind(-1) == "NAME":
            return _with_number(spot, times)
        if spot.kind() != "*" or spot.kind(-1) == "NUMBER":
            return None
        return spot.unexpected(f"steps are repeated by `repeat {times} {{ ... }}`")
    if (spot.kind(-1), spot.kind(1)) != ("NAME", "NAME"):
        return None
    text = f"({spot.text(-1)}, {spot.text(1)}) -> {_MERGES[spot.kind()]}"
    advice = f"values are joined by a merge: `{text}`"
    return spot.unexpected(
        advice, spot.replacing(advice, spot.span(-1).start, spot.span(1).end, text)
    )


def _with_number(spot: Spot, number: str) -> Diagnostic:
    """`y * 0.17` of a value, `y + 1`, `z: y * 0.17`."""
    labelled = (spot.kind(-3), spot.kind(-2)) == ("NAME", ":")
    label, first = (f"{spot.text(-3)}: ", -3) if labelled else ("", -1)
    text = f"{spot.text(-1)} -> {label}{step_with(_MERGES[spot.kind()], number)}"
    advice = f"a value meets a number in a step: `{text}`"
    if spot.kind() == "*" and number.isdecimal():
        advice += f"; steps are repeated by `repeat {number} {{ ... }}`"
    start, end = spot.span(first).start, spot.span(1).end
    return spot.unexpected(advice, spot.replacing(advice, start, end, text))


def _negative_value(spot: Spot) -> Diagnostic | None:
    """`(x, -1) -> add` and `-1 -> relu`."""
    if (spot.kind(), spot.kind(1)) != ("-", "NUMBER") or "NAME" not in spot.allowed:
        return None
    if spot.kind(-1) in ("NAME", "NUMBER", ")"):
        return None
    return spot.unexpected(number_advice(f"-{spot.text(1)}"))


NUMBERS = (_arithmetic, _negative_value)
