"""Fixes for `in` in nets with named inputs: the input itself, or the value that a step reads."""

from __future__ import annotations

from netlang.advice.edits import enclosing, replaced, unused_name
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["value_before"]


def value_before(file: ast.File, span: Span, name: str) -> tuple[str, Fix | None]:
    """What to write for `in` at `span` in a net with the single input `name`, and the fix.

    `in.channels` in an argument refers to the value that the step reads, which is the input only if
    no step stands between.
    """
    before = _step_before(file, span) if span.advisable else None
    if before is None:
        return f"use the input's name: `{name}`", replaced(span, name)
    if before.label is not None:
        return f"the value before this step is `{before.label.span.text}`", replaced(
            span, before.label.span.text, f"write `{before.label.span.text}`, the value before it"
        )
    label = unused_name("value", _names(file)) if "value" in set(_names(file)) else "value"
    advice = f"label the step before, `{label}: {before.action.span.text}`, and read `{label}`"
    start = Span(span.source, before.span.start, before.span.start)
    return advice, Fix(advice, (Edit(start, f"{label}: "), Edit(span, label)))


def _step_before(file: ast.File, span: Span) -> ast.Step | None:
    """The step whose value the step around `span` reads; None if that is an input."""
    path = enclosing(file, span, ast.Path)
    suite = enclosing(file, span, ast.Suite)
    if path is None or suite is None:
        return None
    inside = [step for step in path.steps if step.span.end <= span.start]
    if inside:
        return inside[-1]
    earlier = [each for each in suite.statements if each.span.end <= path.span.start]
    if not earlier or not isinstance(earlier[-1], ast.Path):
        return None
    return earlier[-1].steps[-1]


def _names(file: ast.File) -> list[str]:
    """Every name that a file defines or reads."""
    steps = [node.label for node in walk(file) if isinstance(node, ast.Step) and node.label]
    labels = [word for label in steps for word in label.first_words]
    return labels + [node.name for node in walk(file) if isinstance(node, ast.Name | ast.Apply)]
