"""Numbers where values are merged: what a step with the number as its argument is written as."""

from __future__ import annotations

from netlang.advice.edits import enclosing, replaced
from netlang.diagnostics.diagnostic import Fix
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["among_values", "as_argument"]

_BEHIND = {
    "mul": "scale({})",
    "div": "scale(1 / {})",
    "add": "scale(1, offset={})",
    "sub": "scale(1, offset=-{})",
    "max": "clamp(min={})",
    "min": "clamp(max={})",
}
# The number first, for merges in which the order matters; for the others it doesn't.
_IN_FRONT = {"sub": "scale(-1, offset={})"}
_ORDERED = ("sub", "div")


def _is_number(text: str) -> bool:
    try:
        return float(text) != 0
    except ValueError:
        return False


def as_argument(name: str, arguments: tuple[ast.Argument, ...]) -> Fix | None:
    """For `mul(0.17)`: the step that multiplies by the number."""
    if name not in _BEHIND or len(arguments) != 1 or arguments[0].name is not None:
        return None
    given = arguments[0].span
    source, start, end = given.source, given.start - len(name) - 1, given.end + 1
    if source.text[max(start, 0) : end] != f"{name}({given.text})" or not _is_number(given.text):
        return None
    step = _BEHIND[name].format(given.text).replace("--", "")
    return replaced(Span(source, start, end), step, f"`{name}` merges values; write `{step}`")


def among_values(file: ast.File, number: Span) -> Fix | None:
    """For `(y, 0.17) -> mul`: `y -> scale(0.17)`."""
    path = enclosing(file, number, ast.Path)
    first, *others = path.steps if path is not None else ()
    if not others or not isinstance(first.action, ast.Tuple) or len(first.action.items) != 2:
        return None
    name, values = others[0].action.span.text, [each.span.text for each in first.action.items]
    in_front = values[0] == number.text
    form = _IN_FRONT.get(name) if in_front and name in _ORDERED else _BEHIND.get(name)
    if form is None or others[0].label is not None or not _is_number(number.text):
        return None
    text = f"{values[in_front]} -> {form.format(number.text)}"
    return replaced(first.action.span.to(others[0].action.span), text)
