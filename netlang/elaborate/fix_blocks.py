"""Labels that stand inside a block, read from outside of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.diagnostics.core import Fix
from netlang.diagnostics.names import LabelOfBlock
from netlang.elaborate.fixes import enclosing, replaced
from netlang.elaborate.values import BlockTarget
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

if TYPE_CHECKING:
    from netlang.elaborate.body import Body
    from netlang.elaborate.builder import Path

__all__ = ["of_block"]


def of_block(body: Body, parts: Path, span: Span) -> LabelOfBlock | None:
    """The error for `s.conv1` where `s` labels a block that labels a step `conv1` itself."""
    for end in range(len(parts) - 1, 0, -1):
        found = body.find(parts[:end])
        target = found.layer.target if found is not None and found.layer is not None else None
        if found is None or not isinstance(target, BlockTarget):
            continue
        if parts[end] not in _labels(target.definition):
            return None
        label, instance = ".".join(parts[end:]), ".".join(parts[:end])
        return LabelOfBlock(
            span=span,
            label=label,
            block=target.name,
            instance=instance,
            fix=_as_scope(body, target, found.span, instance),
        )
    return None


def _labels(definition: ast.BlockDef | ast.NetDef) -> set[str]:
    """The first words of the labels in a body."""
    labels = (node.label for node in walk(definition.body) if isinstance(node, ast.Step))
    pieces = (piece for label in labels if label for piece in label.parts[0].pieces)
    return {piece for piece in pieces if isinstance(piece, str)}


def _as_scope(body: Body, target: BlockTarget, label: Span, instance: str) -> Fix | None:
    """The block's own steps in place of its call: where it has neither parameters nor inputs."""
    definition = target.definition
    step = enclosing(body.module.file, label, ast.Step)
    if step is None or not isinstance(step.action, ast.Apply) or step.action.body is not None:
        return None
    taps = ast.Input | ast.Output | ast.Auxiliary
    plain = not any(isinstance(node, taps) for node in walk(definition.body))
    if definition.parameters or definition.doc or not plain or target.module is not body.module:
        return None
    advice = f"write its steps here, `{instance}: {{ ... }}`: the labels of a scope can be read"
    return replaced(step.action.span, definition.body.span.text, advice)
