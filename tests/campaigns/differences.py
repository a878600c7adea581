"""Random edits of random nets: ``python -m tests.campaigns.differences --count 2000``.

A step is put into a net, taken out of it, exchanged or renamed, and `netlang diff` must report that
edit and no other. The edit is one of the IR, so it is known exactly; the nets are flat, as they are
deployed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from random import Random
from typing import TypeAlias

from netlang.diff import Difference, compare
from netlang.ir.op import Op
from netlang.ir.program import Function, Node, Program, Ref
from netlang.ops.activation import Relu, Sigmoid, Tanh
from netlang.passes.flat import edited, flattened
from netlang.records import replace
from tests.campaigns.generator import generate
from tests.campaigns.of_specs import spec_campaign
from tests.campaigns.running import command
from tests.campaigns.subject import Spec, load

__all__ = ["CAMPAIGN", "wrong"]

_PLAIN: tuple[Op, ...] = (Relu(), Sigmoid(), Tanh())

Edit: TypeAlias = Callable[[Function, int, Random], tuple[Function, Op] | None]
"""Edits a net at a step, and says which operator it is about; None if that can't be done there."""


def wrong(spec: Spec, number: int) -> tuple[list[str], dict[str, int]]:
    """What `netlang diff` says of an edit that isn't so."""
    draw = Random(number)
    before = flattened(load(spec)).program
    if not compare(before, before).same:
        return ["a net differs from itself"], {}
    edits = [*_EDITS.items()]
    draw.shuffle(edits)
    for kind, edit in edits:
        for place in draw.sample(range(len(before.net.nodes)), len(before.net.nodes)):
            done = edit(before.net, place, draw)
            if done is not None:
                after = replace(before, net=done[0])
                found = _judged(before, after, kind, done[1])
                path = before.net.nodes[place].path
                return [f"{kind}: {each} at {path} ({done[1]})" for each in found], {kind: 1}
    return [], {"nothing to edit": 1}


def _put_in(net: Function, place: int, draw: Random) -> tuple[Function, Op] | None:
    """An activation after a step, for all that read it."""
    node = net.nodes[place]
    if not _is_plain(node):
        return None
    op = draw.choice(_PLAIN)
    parent = node.path.rpartition(".")[0]
    path = f"{parent}.9999" if parent else "9999"
    new = Node(path, op, (Ref(place),), node.types, node.span, path)

    def moved(ref: Ref) -> Ref:
        return Ref(ref.producer + 1, ref.output) if ref.producer >= place else ref

    nodes = [
        replace(each, inputs=tuple(map(moved, each.inputs))) if number > place else each
        for number, each in enumerate(net.nodes)
    ]
    nodes.insert(place + 1, new)
    outputs = tuple([replace(each, ref=moved(each.ref)) for each in net.outputs])
    return replace(net, items=tuple(nodes), outputs=outputs), op


def _taken_out(net: Function, place: int, draw: Random) -> tuple[Function, Op] | None:
    """A step that changes no shape."""
    node = net.nodes[place]
    if not _is_plain(node) or len(node.inputs) != 1 or node.module in _shared(net):
        return None
    if net.type_of(node.inputs[0]) != node.types[0]:
        return None
    assert isinstance(node.callee, Op)
    return edited(net, {}, {place: node.inputs[0]}), node.callee


def _exchanged(net: Function, place: int, draw: Random) -> tuple[Function, Op] | None:
    """One activation instead of another."""
    node = net.nodes[place]
    if type(node.callee) not in map(type, _PLAIN):
        return None
    op = draw.choice([each for each in _PLAIN if type(each) is not type(node.callee)])
    return edited(net, {place: replace(node, callee=op)}, {}), op


def _renamed(net: Function, place: int, draw: Random) -> tuple[Function, Op] | None:
    """Another name for a step that shares no weights."""
    node = net.nodes[place]
    if node.module in _shared(net) or node.tied or node.module != node.path:
        return None
    parent = node.path.rpartition(".")[0]
    path = f"{parent}.another" if parent else "another"
    assert isinstance(node.callee, Op)
    return edited(net, {place: replace(node, path=path, module=path)}, {}), node.callee


_EDITS: dict[str, Edit] = {
    "put in": _put_in, "taken out": _taken_out, "exchanged": _exchanged, "renamed": _renamed,
}  # fmt: skip


def _is_plain(node: Node) -> bool:
    """Whether a step gives one feature map or vector of floats for each example."""
    type_ = node.types[0]
    return len(node.types) == 1 and type_.dtype.is_float and type_.batch is not None


def _shared(net: Function) -> set[str]:
    """The modules whose weights are those of several steps."""
    modules = [node.module for node in net.nodes]
    tied = {tie.module for node in net.nodes for tie in node.tied}
    return {each for each in modules if modules.count(each) > 1} | tied


def _judged(before: Program, after: Program, kind: str, op: Op) -> Iterator[str]:
    """How a reported difference isn't the edit."""
    found = compare(before, after)
    counts = len(found.added), len(found.removed), len(found.edited)
    wanted = {"put in": (1, 0, 0), "taken out": (0, 1, 0), "exchanged": (0, 0, 1)}
    if counts != wanted.get(kind, (0, 0, 0)):
        yield f"{counts} steps are added, removed, edited"
    elif _operator(found, kind) != op:
        yield f"it is said of {_operator(found, kind)}"


def _operator(found: Difference, kind: str) -> Op | None:
    """The operator that the one edit is said to be about."""
    if kind == "put in":
        return found.after.steps[found.added[0]].op
    if kind == "taken out":
        return found.before.steps[found.removed[0]].op
    changes = found.edited if kind == "exchanged" else [c for c in found.changes if c.renamed]
    return found.pair(changes[0])[1].op if len(changes) == 1 else None


CAMPAIGN = spec_campaign("differences", __doc__ or "", generate, wrong)

if __name__ == "__main__":
    from tests.campaigns import differences

    sys.exit(command(differences.CAMPAIGN))
