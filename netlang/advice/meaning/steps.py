"""Names in the place of a step that are labels: of a step to reuse, or of the step before."""

from __future__ import annotations

from netlang.advice.edits import enclosing, replaced, values_read
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.source import Span, shown
from netlang.syntax import ast
from netlang.syntax.mistakes.spot import AGAIN

__all__ = ["asked_again", "in_front", "label_after", "once_more", "one_by_one"]


def once_more(action: ast.Apply, label: str) -> Fix:
    """`right -> tower` where `tower` labels a step."""
    advice = f"write `reuse {label}` to apply it once more, with the weights that it has"
    return replaced(action.span, f"reuse {label}", advice)


def one_by_one(file: ast.File, action: ast.Apply) -> Fix | None:
    """`layers` or `conv(8, 3x3) -> layers`, where `layers` is a list of layers."""
    path = enclosing(file, action.span, ast.Path)
    if path is None or path.steps[-1].action is not action or path.steps[-1].label is not None:
        return None
    text = f"for layer in {action.name} {{ layer }}"
    advice = f"go through the list: `{text}`"
    if len(path.steps) == 1:
        return replaced(action.span, text, advice)
    # On a line of its own it wouldn't belong to an output or a branch that the path may be.
    return Fix(advice)


def asked_again(action: ast.Apply) -> str | None:
    """The name in `reuse(tower)`, `shared(tower)` and the like."""
    if action.name not in AGAIN or action.arguments is None or len(action.arguments) != 1:
        return None
    given = action.arguments[0]
    return given.value.name if given.name is None and isinstance(given.value, ast.Name) else None


def label_after(file: ast.File, action: ast.Apply) -> Fix | None:
    """`upsample(2) -> up3`, where `up3` is read elsewhere: a label stands in front."""
    if not action.is_bare or action.name not in values_read(file):
        return None
    path = enclosing(file, action.span, ast.Path)
    if path is None:
        return None
    if path.steps[-1].action is not action or path.steps[-1].label is not None:
        return None
    return in_front(path, action.name)


def in_front(path: ast.Path, name: str) -> Fix | None:
    """`mul -> wide: here` or `upsample(2) -> up{i}`, whose last step is only a name for its end."""
    *before, last = path.steps
    if not before:
        return None
    step = before[-1]
    if step.label is not None or not isinstance(step.action, ast.Apply | ast.Scope | ast.Reuse):
        return None
    source, start = step.span.source, step.span.start
    edits = (Edit(Span(source, start, start), f"{name}: "),
             Edit(Span(source, step.span.end, last.span.end), ""))  # fmt: skip
    return Fix(f"a label stands in front of its step: `{name}: {shown(step.span)}`", edits)
