"""Numbers written in other languages' ways, and numbers where values stand: `3.`, `(x, -1)`."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.language.syntax import UnexpectedText
from netlang.syntax.mistakes.spot import Spot
from netlang.syntax.number_steps import number_advice

__all__ = ["NUMBERS"]


def _negative_value(spot: Spot) -> Diagnostic | None:
    """`(x, -1) -> add` and `-1 -> relu`."""
    if (spot.kind(), spot.kind(1)) != ("-", "NUMBER") or "NAME" not in spot.allowed:
        return None
    if spot.kind(-1) in ("NAME", "NUMBER", ")"):
        return None
    return spot.unexpected(number_advice(f"-{spot.text(1)}"))


def _bare_fraction(spot: Spot) -> Diagnostic | None:
    """`.2`."""
    if (spot.kind(), spot.kind(1)) != (".", "NUMBER") or "NUMBER" not in spot.allowed:
        return None
    advice = f"write `0.{spot.text(1)}`"
    return spot.unexpected(advice, spot.replacing(advice, spot.start, spot.start, "0"))


def _bare_point(spot: Spot) -> Diagnostic | None:
    """`3.`, with nothing after the point."""
    if (spot.kind(-2), spot.kind(-1)) != ("NUMBER", ".") or not spot.text(-2).isdecimal():
        return None
    if spot.span(-2).end != spot.span(-1).start:
        return None
    advice = f"write `{spot.text(-2)}.0`"
    return spot.unexpected(advice, spot.replacing(advice, spot.before, spot.before, "0"))


def _plus(spot: Spot) -> Diagnostic | None:
    """`+2`."""
    if (spot.kind(), spot.kind(1)) != ("+", "NUMBER") or "NUMBER" not in spot.allowed:
        return None
    advice = f"write `{spot.text(1)}`"
    return spot.unexpected(advice, spot.replacing(advice, spot.start, spot.span(1).start, ""))


def _percent(spot: Spot) -> Diagnostic | None:
    """`validation: 20%`, `dropout(50%)`."""
    expected = {",": "`,` or `)`", ")": "`,` or `)`"}.get(spot.kind(), "the end of the line")
    ends = spot.kind() in ("SEP", "}", "$END", ",", ")")
    if not ends or (spot.kind(-2), spot.kind(-1)) != ("NUMBER", "%"):
        return None
    share = f"{float(spot.text(-2)) / 100:g}"
    advice = f"a share is a number from 0 to 1: write `{share}`"
    fix = spot.replacing(advice, spot.span(-2).start, spot.span(-1).end, share)
    return UnexpectedText(
        span=spot.span(-1), found="`%`", expected=expected, advice=advice, fix=fix
    )


NUMBERS = (_negative_value, _bare_fraction, _bare_point, _plus, _percent)
