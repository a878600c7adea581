"""Explanations of what is written as other languages and frameworks do."""

from __future__ import annotations

from netlang.diagnostics.core import Diagnostic, Fix
from netlang.diagnostics.syntax import UnexpectedText
from netlang.syntax.spot import Spot

__all__ = ["HABITS"]

_MERGES = {"+": "add", "-": "sub", "*": "mul"}
_ARROWS = {("=", ">"): "=>", ("-", "->"): "-->"}


def _told(spot: Spot, advice: str, fix: Fix | None = None) -> Diagnostic:
    return UnexpectedText(
        span=spot.span(), found=spot.found, expected=spot.expected, advice=advice, fix=fix
    )


def _other_arrow(spot: Spot) -> Diagnostic | None:
    """`conv(8, 3x3) => relu`."""
    kinds = (spot.kind(), spot.kind(1))
    if kinds not in _ARROWS or "->" not in spot.allowed:
        return None
    end = spot.span(1).end
    if spot.source.text[spot.start : end] != _ARROWS[kinds]:
        return None
    return _told(spot, "write `->`", spot.replacing("write `->`", spot.start, end, "->"))


def _quoted_label(spot: Spot) -> Diagnostic | None:
    """`conv-1: relu`."""
    if (spot.kind(-1), spot.kind(), spot.kind(2)) != ("NAME", "-", ":"):
        return None
    start, end = spot.span(-1).start, spot.span(1).end
    text = f'"{spot.source.text[start:end]}"'
    advice = f"a label that is no name stands in quotes: `{text}`"
    return _told(spot, advice, spot.replacing(advice, start, end, text))


def _arithmetic(spot: Spot) -> Diagnostic | None:
    """`a + b` of values, `conv(8, 3x3) * 3` of steps."""
    if spot.kind() not in _MERGES or spot.innermost != "{" or "->" not in spot.allowed:
        return None
    if spot.kind(1) == "NUMBER":
        times = spot.text(1)
        return _told(spot, f"steps are repeated by `repeat {times} {{ ... }}`")
    if (spot.kind(-1), spot.kind(1)) != ("NAME", "NAME"):
        return None
    text = f"({spot.text(-1)}, {spot.text(1)}) -> {_MERGES[spot.kind()]}"
    advice = f"values are joined by a merge: `{text}`"
    return _told(spot, advice, spot.replacing(advice, spot.span(-1).start, spot.span(1).end, text))


def _module_in_front(spot: Spot) -> Diagnostic | None:
    """`nn.ReLU()`."""
    before = tuple(spot.kind(offset) for offset in (-3, -2, -1))
    if spot.kind() != "(" or before != ("NAME", ".", "NAME"):
        return None
    advice = f"a step has no module in front of it: `{spot.text(-1)}(...)`"
    fix = spot.replacing(advice, spot.span(-3).start, spot.span(-1).start, "")
    return _told(spot, advice, fix)


HABITS = (_other_arrow, _quoted_label, _arithmetic, _module_in_front)
