"""Names in the place of a step that are labels: of a step to reuse, or of the step before."""

from __future__ import annotations

from netlang.advice.edits import enclosing, replaced
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk
from netlang.syntax.mistakes.spot import AGAIN

__all__ = ["asked_again", "label_after", "once_more"]


def once_more(action: ast.Apply, label: str) -> Fix:
    """`right -> tower` where `tower` labels a step."""
    advice = f"write `reuse {label}` to apply it once more, with the weights that it has"
    return replaced(action.span, f"reuse {label}", advice)


def asked_again(action: ast.Apply) -> str | None:
    """The name in `reuse(tower)`, `shared(tower)` and the like."""
    if action.name not in AGAIN or action.arguments is None or len(action.arguments) != 1:
        return None
    given = action.arguments[0]
    return given.value.name if given.name is None and isinstance(given.value, ast.Name) else None


def label_after(file: ast.File, action: ast.Apply) -> Fix | None:
    """`upsample(2) -> up3`, where `up3` is read elsewhere: a label stands in front."""
    path = enclosing(file, action.span, ast.Path)
    if path is None or action.arguments is not None or action.body is not None:
        return None
    *before, last = path.steps
    if last.action is not action or last.label is not None or not before:
        return None
    step = before[-1]
    if step.label is not None or not isinstance(step.action, ast.Apply | ast.Scope | ast.Reuse):
        return None
    name = action.name
    if not _is_read(file, action):
        return None
    source, start = action.span.source, step.span.start
    edits = (Edit(Span(source, start, start), f"{name}: "),
             Edit(Span(source, step.span.end, action.span.end), ""))  # fmt: skip
    text = " ".join(step.span.text.split())
    shown = text if len(text) < 40 else "..."
    return Fix(f"a label stands in front of its step: `{name}: {shown}`", edits)


def _is_read(file: ast.File, action: ast.Apply) -> bool:
    """Whether a value is read by the name of `action` elsewhere in the file."""
    for node in walk(file):
        if isinstance(node, ast.Reference) and node.label.first_words[:1] == (action.name,):
            return True
        if isinstance(node, ast.Path):
            first = node.steps[0].action
            bare = isinstance(first, ast.Apply) and first.arguments is None and first.body is None
            if bare and first is not action and first.span.text == action.name:
                return True
    return False
