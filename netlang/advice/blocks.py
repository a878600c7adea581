"""Fixes the reading of a label inside a block from outside, by writing the block as a scope."""

from __future__ import annotations

from netlang.advice.edits import enclosing, replaced
from netlang.diagnostics.diagnostic import Fix
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["as_scope", "first_words"]


def first_words(definition: ast.BlockDef | ast.NetDef) -> set[str]:
    """The first words of the labels in a body."""
    labels = (node.label for node in walk(definition.body) if isinstance(node, ast.Step))
    return {word for label in labels if label for word in label.first_words}


def as_scope(
    file: ast.File, definition: ast.BlockDef | ast.NetDef, label: Span, instance: str, read: str
) -> Fix | None:
    """The block's own steps in place of its call, labelled `label` and read as `instance`.

    None if the block has parameters or inputs, is in another file than the call, or if the path of
    the label `read` in it goes on.
    """
    if any(_goes_on(path, read) for path in walk(definition.body) if isinstance(path, ast.Path)):
        return None
    step = enclosing(file, label, ast.Step)
    if step is None or not isinstance(step.action, ast.Apply) or step.action.body is not None:
        return None
    taps = ast.Input | ast.Output | ast.Auxiliary
    plain = not any(isinstance(node, taps) for node in walk(definition.body))
    elsewhere = definition.span.source is not file.span.source
    if definition.parameters or definition.doc or not plain or elsewhere:
        return None
    advice = f"write its steps here, `{instance}: {{ ... }}`: the labels of a scope can be read"
    return replaced(step.action.span, definition.body.span.text, advice)


def _goes_on(path: ast.Path, read: str) -> bool:
    """Whether a step without a label follows the one that `read` labels."""
    return any(
        after is not None and step.label is not None and read in step.label.first_words
        for step, after in zip(path.steps, path.followers(), strict=True)
    )
