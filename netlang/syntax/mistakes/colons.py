"""Explanations of a missing `:`."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.language.syntax import UnexpectedText
from netlang.source import shortened
from netlang.syntax.mistakes.spot import Spot

__all__ = ["STATEMENT_STARTS", "VALUE_STARTS", "colon_missing"]

VALUE_STARTS = frozenset((
    "NAME", "NUMBER", "STRING", "DIMS", "true", "false", "in", "here", "(", "[", "not", "DOC",
))  # fmt: skip
STATEMENT_STARTS = (VALUE_STARTS - {"["}) | {
    "{", "reuse", "if", "for", "repeat", "assert", "input", "output", "auxiliary", "block", "net",
    "train", "from",
}  # fmt: skip


def colon_missing(spot: Spot) -> Diagnostic | None:
    """`input y [3]`, `output y conv(8)`, `optimizer sgd(lr=0.1)`."""
    kind, word = spot.kind(), spot.kind(-2)
    if _after_key(spot):
        return _key_without_colon(spot)
    if ":" not in spot.allowed or spot.new_line or kind not in (*STATEMENT_STARTS, "["):
        return None
    is_input = kind == "[" and word == "input"
    is_key = spot.allowed == {":", "NAME", "{"} and spot.kind(-1) == "NAME"
    if not is_input and not is_key and word not in ("output", "auxiliary"):
        return None
    what = "the shape" if is_input else "the value" if is_key else "the steps"
    advice = f"put a `:` before {what}"
    fix = spot.replacing(advice, spot.before, spot.before, ":", safe=is_input)
    return spot.unexpected(advice, fix)


def _after_key(spot: Spot) -> bool:
    """Whether the spot follows `data digits` in a recipe, the beginning of a section."""
    names = spot.kind(-1), spot.kind(-2)
    return spot.allowed == {"{"} and names == ("NAME", "NAME") and spot.text(-2) != "step"


def _key_without_colon(spot: Spot) -> Diagnostic:
    advice, place = "put a `:` before the value", spot.span(-2).end
    found = f"`{shortened(spot.text(-1))}`"
    fix = spot.replacing(advice, place, place, ":")
    return UnexpectedText(span=spot.span(-1), found=found, expected="`:`", advice=advice, fix=fix)
