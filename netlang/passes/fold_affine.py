"""Folds affine steps, such as batch norms, into the convolutions and linear maps beside them.

Needs: a flat net. Ensures: no batch norm and no scale is left that only a map before it or, where
its padding allows, only a map after it reads or makes. A map keeps its module and takes the path of
the last step that was folded into it, whose value it makes.

A map whose weights belong to others too, or are given as values, stays as it is. So does a net in
half precision: its folded weights would be rounded where those of the norm aren't.

Source: Jacob et al. 2018, arXiv:1712.05877, section 3.2.
"""

from __future__ import annotations

from netlang.ir.owned import join
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.ir.types import TensorType
from netlang.ops.conv import Conv, reach_of
from netlang.ops.frozen_norm import FrozenBatchNorm
from netlang.ops.linear import Linear
from netlang.ops.norm import BatchNorm
from netlang.ops.scale import Scale
from netlang.ops.spatial import padding
from netlang.passes.affine import Affine, GivenAffine, NormAffine
from netlang.passes.deployed import Deployed
from netlang.passes.flat import edited, readers
from netlang.passes.maps import PRECISE, Map, Maps, is_map
from netlang.records import replace

__all__ = ["folded_after", "folded_before"]


def folded_after(deployed: Deployed) -> Deployed:
    """`deployed` with affine steps folded into the map whose output they take."""
    return _Folding(deployed).after() if deployed.program.floats in PRECISE else deployed


def folded_before(deployed: Deployed) -> Deployed:
    """`deployed` with affine steps folded into the map that takes their output."""
    return _Folding(deployed).before() if deployed.program.floats in PRECISE else deployed


class _Folding:
    """One sweep over a flat net."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._net: Function = deployed.program.net
        self._read = readers(self._net)
        self._maps = Maps(deployed)
        self._folds = dict(deployed.folds)
        self._changed: dict[int, Node] = {}
        self._instead: dict[int, Ref] = {}

    def after(self) -> Deployed:
        for number, node in enumerate(self._net.nodes):
            affine = _affine(node)
            if affine is None or self._read.get(node.inputs[0]) != 1:
                continue
            source = self._source(node.inputs[0])
            if source is not None and self._takes(source.producer, node):
                self._fold_after(source.producer, number, affine)
        return self._result()

    def before(self) -> Deployed:
        nodes = self._net.nodes
        for number, node in enumerate(nodes):
            if not isinstance(node.callee, Conv | Linear) or not self._may_change(node):
                continue
            while (found := self._step_before(self._changed.get(number, node))) is not None:
                self._fold_before(found, number)
        return self._result()

    def _source(self, ref: Ref) -> Ref | None:
        """The value that stands for `ref` after the folds so far; None for an input."""
        while ref.producer in self._instead:
            ref = self._instead[ref.producer]
        return None if ref.producer == INPUT else ref

    def _node(self, number: int) -> Node:
        return self._changed.get(number, self._net.nodes[number])

    def _may_change(self, node: Node) -> bool:
        """Whether the weights of a map are its own, and the numbers that it applies."""
        computed = isinstance(node.callee, Conv) and node.callee.standardize
        return not computed and self._maps.is_free(node)

    # Into the map before.

    def _takes(self, number: int, step: Node) -> bool:
        """Whether a node is a map that `step`, which reads it, can be folded into."""
        node = self._node(number)
        if not is_map(node.callee) or not self._may_change(node):
            return False
        return not isinstance(node.callee, Linear) or _is_for_features(step.callee, node.types[0])

    def _fold_after(self, number: int, step: int, affine: Affine) -> None:
        node = self._node(number)
        fold = self._maps.fold(node, self._folds)
        self._folds[node.module] = replace(fold, after=(*fold.after, affine))
        path, span = self._net.nodes[step].path, self._net.nodes[step].span
        self._changed[number] = replace(node, callee=_with_bias(node.callee), path=path, span=span)
        self._instead[step] = Ref(number)

    # Into the map after.

    def _step_before(self, node: Node) -> int | None:
        """The number of the affine step that can be folded into a map that reads it."""
        ref = node.inputs[0]
        if ref.producer == INPUT or self._read.get(ref) != 1:
            return None
        step = self._net.nodes[ref.producer]
        affine = _affine(step)
        if affine is None or not _allows(node.callee, self._net.type_of(ref)):
            return None
        if isinstance(node.callee, Linear) and not _is_for_features(step.callee, step.types[0]):
            return None
        return ref.producer

    def _fold_before(self, step: int, number: int) -> None:
        node, before = self._node(number), self._net.nodes[step]
        affine = _affine(before)
        assert affine is not None
        fold = self._maps.fold(node, self._folds)
        self._folds[node.module] = replace(fold, before=(affine, *fold.before))
        inputs = (before.inputs[0], *node.inputs[1:])
        self._changed[number] = replace(node, callee=_with_bias(node.callee), inputs=inputs)
        self._instead[step] = before.inputs[0]

    def _result(self) -> Deployed:
        net = edited(self._net, self._changed, self._instead)
        return replace(self._deployed.with_net(net), folds=self._folds)


def _affine(node: Node) -> Affine | None:
    """What a step does if it is affine, channel by channel, and owns its numbers."""
    op = node.callee
    if isinstance(op, Scale):
        return GivenAffine(op.by, op.offset)
    if not isinstance(op, BatchNorm | FrozenBatchNorm) or op.given or node.tied:
        return None
    learned = isinstance(op, FrozenBatchNorm) or op.affine
    return NormAffine(
        mean=join(node.module, "running_mean"),
        var=join(node.module, "running_var"),
        eps=op.eps,
        weight=join(node.module, "weight") if learned else None,
        bias=join(node.module, "bias") if learned else None,
    )


def _is_for_features(step: object, type_: TensorType) -> bool:
    """Whether an affine step has one number for all features, or for each of the only axis."""
    one = (
        isinstance(step, Scale)
        and not isinstance(step.by, tuple)
        and not isinstance(step.offset, tuple)
    )
    return one or type_.rank == 1


def _allows(op: object, type_: TensorType) -> bool:
    """Whether a map reads nothing that a step before it didn't make: no zeros around it."""
    if not isinstance(op, Conv) or op.pad_mode != "zeros":
        return True
    pads = padding(op.pad, reach_of(op.kernel, op.dilation, type_.rank - 1))
    return not any(before or after for before, after in pads)


def _with_bias(op: object) -> Map:
    assert is_map(op)
    return op if op.bias else replace(op, bias=True)
