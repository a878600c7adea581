"""Norms by the root of the mean square, where a file has their steps; Zhang, Sennrich 2019."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

from torch import fx

from netlang.backends.onnx.importing.node import A, OnnxNode, Results
from netlang.backends.onnx.importing.operators.patterns import centred
from netlang.records import Record

__all__ = ["scaled_by_root"]


@final
class _Evened(Record, eq=False):
    """x / sqrt(mean x^2 + eps), by the mean of so many axes from the last."""

    value: fx.Node
    axes: int
    eps: float


def scaled_by_root(node: OnnxNode, last: fx.Node) -> Results | None:
    """A value that is evened, and then multiplied by a weight of its last axes."""
    one, other = last.args
    for value, factor in ((one, other), (other, one)):
        found, weight = _evened(value), _unshaped(factor)
        if found is None or weight is None:
            continue
        shape = list(found.value.meta["val"].shape[-found.axes :])
        if list(weight.meta["val"].shape) == shape:
            made: Results = node.aten(A.rms_norm.default, found.value, shape, weight, found.eps)
            return made
    return None


def _unshaped(factor: Any) -> fx.Node | None:
    """A weight, without the axes of size 1 that a file puts before its own."""
    if not isinstance(factor, fx.Node):
        return None
    if factor.target is A.reshape.default:
        before, shape = factor.args[0], factor.meta["val"].shape
        assert isinstance(before, fx.Node)
        own = before.meta["val"].shape
        if shape[len(shape) - len(own) :] == own:
            factor = before
    return factor if factor.op == "placeholder" else None


def _evened(held: Any) -> _Evened | None:
    for value, by in _quotients(held):
        root = _args(by, A.sqrt.default)
        total = _args(root[0], A.add.Tensor) if root is not None else None
        mean = _args(total[0], A.mean.dim) if total is not None else None
        if total is None or mean is None or not mean[2] or not isinstance(total[1], int | float):
            continue
        square = _args(mean[0], A.pow.Tensor_Scalar) or _args(mean[0], A.mul.Tensor)
        rank = len(value.meta["val"].shape)
        axes = sorted(int(axis) % rank for axis in mean[1])
        is_last = axes == list(range(rank - len(axes), rank))
        # What is centred is part of a layer norm.
        if is_last and square in ((value, 2), (value, value)) and centred(value) is None:
            return _Evened(value, len(axes), float(total[1]))
    return None


def _quotients(held: Any) -> Iterator[tuple[fx.Node, Any]]:
    """A value and what it is divided by, or by whose inverse it is multiplied."""
    found = _args(held, A.div.Tensor)
    if found is not None and isinstance(found[0], fx.Node):
        yield found[0], found[1]
    product = _args(held, A.mul.Tensor)
    for value, other in (product, product[::-1]) if product is not None else ():
        inverse = _args(other, A.pow.Tensor_Scalar)
        if isinstance(value, fx.Node) and inverse is not None and inverse[1] == -1:
            yield value, inverse[0]


def _args(held: Any, target: Any) -> tuple[Any, ...] | None:
    """The arguments of a node, if it is of this operator."""
    return held.args if isinstance(held, fx.Node) and held.target is target else None
