"""Warns about a named layer that is applied to several inputs, each time with new weights: W0108.

A name is an ordinary abbreviation too (`c3 = conv(8, 3x3, pad=1)`, used along a chain, in branches
of one value, in heads of one trunk), so only values with nothing in common are taken for a mistake.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import final

from netlang.diagnostics.diagnostic import Caution, Edit, Fix, Note
from netlang.diagnostics.warnings.text import AppliedTwice
from netlang.ir.arguments import signature
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Item, Node, Ref, Repeat
from netlang.lint.site import About

__all__ = ["applied_twice"]

_MOST_INPUTS = 64
"""Inputs of a function that are distinguished; further ones count as one."""


def applied_twice(about: About, function: Function) -> Iterator[Caution]:
    """A named layer whose every use, in one function, is made of inputs that no other use has."""
    names = about.steps.layers
    if function.span.source is not about.module.source:
        return
    uses = _uses(function, names)
    if not any(len(nodes) > 1 for nodes in uses.values()):
        return
    origins, weighted = _Origins(function), dict[int, bool]()
    for name, nodes in uses.items():
        if len(nodes) > 1 and origins.apart(nodes):
            yield from _again(about, function, name, nodes, weighted)


def _uses(function: Function, names: frozenset[str]) -> Mapping[str, Sequence[Node]]:
    """The steps that apply each name; none of a name that a repeat applies, along its chain."""
    found, repeated = defaultdict[str, list[Node]](list), set[str]()
    waiting: list[tuple[Item, bool]] = [(item, False) for item in reversed(function.items)]
    while waiting:
        item, inside = waiting.pop()
        if isinstance(item, Repeat):
            waiting += [(each, True) for each in item.items]
            continue
        name = item.span.text.removesuffix("()")
        if name in names and not item.reuses:
            found[name].append(item)
            if inside:
                repeated.add(name)
    return {name: nodes for name, nodes in found.items() if name not in repeated}


@final
class _Origins:
    """Of which inputs of a function each of its values is made, as the bits of a number."""

    def __init__(self, function: Function) -> None:
        self._firsts: list[int] = []
        self._bits: list[int] = []
        number = 0
        for item in function.items:
            bits = 0
            for ref in _outer(item, number):
                bits |= self._of(ref)
            self._firsts.append(number)
            self._bits.append(bits)
            number += item.size * item.count if isinstance(item, Repeat) else 1

    def apart(self, nodes: Sequence[Node]) -> bool:
        """Whether each of some steps reads something, and no two of them a part of one input."""
        seen = 0
        for node in nodes:
            bits = 0
            for ref in node.inputs:
                bits |= self._of(ref)
            if not bits or bits & seen:
                return False
            seen |= bits
        return True

    def _of(self, ref: Ref) -> int:
        if ref.producer == INPUT:
            return 1 << min(ref.output, _MOST_INPUTS)
        return self._bits[bisect_right(self._firsts, ref.producer) - 1]


def _outer(item: Item, first: int) -> Iterator[Ref]:
    """What an item reads of inputs and of nodes before number `first`."""
    waiting: list[Item] = [item]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Repeat):
            waiting += each.items
        else:
            yield from (ref for ref in each.inputs if ref.producer < first)


def _again(
    about: About,
    function: Function,
    name: str,
    nodes: Sequence[Node],
    weighted: dict[int, bool],
) -> Iterator[Caution]:
    """The uses with a label whose weights could be those of a use with a label before."""
    first: dict[object, Node] = {}
    for node in nodes:
        if node.path.rpartition(".")[2].isdecimal():
            continue
        key = _weights_of(function, node, weighted)
        if key is None:
            continue
        before = first.setdefault(key, node)
        if before.span.start < node.span.start:
            yield _twice(about, name, before, node)


def _weights_of(function: Function, node: Node, weighted: dict[int, bool]) -> object:
    """What two nodes have in common whose weights could be the same; None without weights."""
    callee = node.callee
    if not isinstance(callee, Op):
        return id(callee) if _has_weights(callee, weighted) else None
    if not any(item.required for item in signature(type(callee))):
        return None
    shapes = tuple((each.name, each.shape) for each in callee.weights(function.input_types(node)))
    return (callee, shapes) if shapes else None


def _has_weights(function: Function, known: dict[int, bool]) -> bool:
    """Whether some operator in a function, however deep, has weights; each is asked once."""
    if id(function) not in known:
        known[id(function)] = _any_weights(function, function.items, known)
    return known[id(function)]


def _any_weights(function: Function, items: Sequence[Item], known: dict[int, bool]) -> bool:
    for item in items:
        if isinstance(item, Repeat):
            found = _any_weights(function, item.items, known)
        elif isinstance(item.callee, Function):
            found = _has_weights(item.callee, known)
        else:
            found = bool(item.callee.weights(function.input_types(item)))
        if found:
            return True
    return False


def _twice(about: About, name: str, before: Node, node: Node) -> Caution:
    scope, _, label = before.path.rpartition(".")
    near = node.path.rpartition(".")[0] == scope
    fix = None
    if about.steps.goes_on(before.span):
        named = label if near else before.path
        fix = Fix(
            f"put the steps after `{named}` on a line of their own, so that it ends there, and "
            f"write `reuse {named}` to apply the same weights once more"
        )
    elif near and about.steps.labelled(before.span, label):
        advice = f"write `reuse {label}` to apply the same weights once more"
        fix = Fix(advice, (Edit(node.span, f"reuse {label}"),))
    notes = (Note(before.span, "applied here before"),)
    return AppliedTwice(span=node.span, name=name, label=before.path, notes=notes, fix=fix)
