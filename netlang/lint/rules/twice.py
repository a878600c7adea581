"""Warns about a named layer that is applied twice, each time with new weights: W0108."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlang.diagnostics.diagnostic import Caution, Edit, Fix, Note
from netlang.diagnostics.warnings.text import AppliedTwice
from netlang.ir.arguments import signature
from netlang.ir.op import Op
from netlang.ir.program import Function, Node
from netlang.lint.site import About

__all__ = ["applied_twice"]


def applied_twice(about: About, function: Function) -> Iterator[Caution]:
    """A named layer with weights that is applied under several labels, to values of one shape."""
    names = about.steps.layers
    if not names or function.span.source is not about.module.source:
        return
    first: dict[object, Node] = {}
    for node in _plain(function):
        name = node.span.text.removesuffix("()")
        own = node.path.rpartition(".")[2]
        if name not in names or node.reuses or own.isdecimal():
            continue
        key = _weights_of(function, node, name)
        if key is None:
            continue
        before = first.setdefault(key, node)
        if before.span.start < node.span.start:
            yield _twice(name, before, node)


def _plain(function: Function) -> Iterable[Node]:
    return (item for item in function.items if isinstance(item, Node))


def _weights_of(function: Function, node: Node, name: str) -> object:
    """What two nodes have in common whose weights could be the same; None without weights."""
    callee = node.callee
    if isinstance(callee, Op):
        if not any(item.required for item in signature(type(callee))):
            return None
        shapes = tuple(
            (each.name, each.shape) for each in callee.weights(function.input_types(node))
        )
        return (name, callee, shapes) if shapes else None
    has = any(
        isinstance(inner.callee, Function) or inner.callee.weights(callee.input_types(inner))
        for inner in callee.nodes
    )
    return (name, id(callee)) if has else None


def _twice(name: str, before: Node, node: Node) -> Caution:
    scope, _, label = before.path.rpartition(".")
    fix = None
    if node.path.rpartition(".")[0] == scope and label.isidentifier():
        advice = f"write `reuse {label}` to apply the same weights once more"
        fix = Fix(advice, (Edit(node.span, f"reuse {label}"),))
    notes = (Note(before.span, "applied here before"),)
    return AppliedTwice(span=node.span, name=name, label=before.path, notes=notes, fix=fix)
