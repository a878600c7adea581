"""Numbers where values are merged: what a step with the number as its argument is written as."""

from __future__ import annotations

from netlang.advice.edits import enclosing, replaced
from netlang.diagnostics.diagnostic import Fix
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.number_steps import step_with

__all__ = ["among_values", "as_argument"]


def _is_number(text: str) -> bool:
    try:
        return float(text) != 0
    except ValueError:
        return False


def as_argument(name: str, arguments: tuple[ast.Argument, ...]) -> Fix | None:
    """For `mul(0.17)`: the step that multiplies by the number."""
    if len(arguments) != 1 or arguments[0].name is not None:
        return None
    given = arguments[0].span
    source, start, end = given.source, given.start - len(name) - 1, given.end + 1
    step = step_with(name, given.text)
    written = source.text[max(start, 0) : end] == f"{name}({given.text})"
    if step is None or not written or not _is_number(given.text):
        return None
    return replaced(Span(source, start, end), step, f"`{name}` merges values; write `{step}`")


def among_values(file: ast.File, number: Span) -> Fix | None:
    """For `(y, 0.17) -> mul`: `y -> scale(0.17)`."""
    path = enclosing(file, number, ast.Path)
    first, *others = path.steps if path is not None else ()
    if not others or not isinstance(first.action, ast.Tuple) or len(first.action.items) != 2:
        return None
    name, values = others[0].action.span.text, [each.span.text for each in first.action.items]
    in_front = values[0] == number.text
    step = step_with(name, number.text, in_front=in_front)
    if step is None or others[0].label is not None or not _is_number(number.text):
        return None
    if _is_number(values[in_front]):
        return None
    text = f"{values[in_front]} -> {step}"
    return replaced(first.action.span.to(others[0].action.span), text)
