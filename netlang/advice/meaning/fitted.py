"""Projections of labelled values that a merge reads: before it, or to begin its branches."""

from __future__ import annotations

from netlang.advice.edits import enclosing, inserted, names_of, unused_name
from netlang.diagnostics.carried import Projection
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["projected_value"]


def projected_value(
    file: ast.File, merge: ast.Apply, projection: Projection, count: int
) -> Fix | None:
    """The projection of a labelled value: the fix where one of `count` branches is just that."""
    if merge.body is None:
        return _in_tuple(file, merge, projection, count)
    branches = merge.body.statements
    branch = branches[projection.branch - 1] if len(branches) == count else None
    if not isinstance(branch, ast.Path) or len(branch.steps) > 1 or branch.steps[0].label:
        return None
    action = branch.steps[0].action
    bare = isinstance(action, ast.Apply) and action.is_bare and action.name != "identity"
    if not (bare or isinstance(action, ast.Reference | ast.In)) or _is_layer(action):
        return None
    text = f"{branch.span.text} -> {projection.step}"
    return inserted(branch.span, f" -> {projection.step}", f"project it: `{text}`")


def _is_layer(action: ast.Action) -> bool:
    return isinstance(action, ast.Apply) and operator(action.name) is not None


def _in_tuple(file: ast.File, merge: ast.Apply, projection: Projection, count: int) -> Fix | None:
    """`(skip, y) -> add`: a line before it that projects `y`, and its label instead of `y`."""
    path = enclosing(file, merge.span, ast.Path)
    if path is None or len(path.steps) < 2 or path.steps[1].action is not merge:
        return None
    values = path.steps[0].action
    if not isinstance(values, ast.Tuple) or len(values.items) != count:
        return None
    item = values.items[projection.branch - 1].span
    word = item.text if item.text.isidentifier() and item.text != "in" else "fitted"
    name = unused_name(word, names_of(file) | _labels(file))
    line = f"{item.text} -> {name}: {projection.step}"
    advice = f"project `{item.text}` first, `{line}`, and read `{name}`"
    if not _is_line(file, path):
        return Fix(advice)
    source, start = path.span.source, path.span.start
    margin = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    between = "; " if margin.strip() else f"\n{margin}"
    edits = (Edit(Span(source, start, start), line + between), Edit(item, name))
    return Fix(advice, edits)


def _is_line(file: ast.File, path: ast.Path) -> bool:
    """Whether a line before a path would be a step before it: neither a branch nor after a tap."""
    around = enclosing(file, Span(path.span.source, path.span.start, path.span.end), ast.Apply)
    taps = (enclosing(file, path.span, kind) for kind in (ast.Output, ast.Auxiliary))
    return (around is None or around.body is None) and not any(taps)


def _labels(file: ast.File) -> frozenset[str]:
    """The first words of all labels of a file."""
    labels = (node for node in walk(file) if isinstance(node, ast.Label))
    return frozenset(word for label in labels for word in label.first_words)
