"""Sums, means and extremes along axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netlang.backends.onnx.importing.graph import Held
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS"]


def _along(node: OnnxNode) -> list[int] | None:
    """The axes, all of them if none are named; None if nothing is reduced."""
    axes = node.axes(1)
    rank = len(node.shape())
    if axes:
        return [axis % rank for axis in axes] if rank else []
    return None if node.integer("noop_with_empty_axes", 0) else list(range(rank))


def _reduce(target: Any, before: Any = None, after: Any = None, power: int = 0) -> Handler:
    """A reduction, with a function of each element before it and one after."""

    def made(node: OnnxNode) -> Results:
        axes, keep = _along(node), bool(node.integer("keepdims", 1))
        value: Held = node.held(0)
        if before is not None:
            value = node.aten(before, value)
        if power:
            value = node.aten(A.pow.Tensor_Scalar, value, power)
        if axes is not None:
            value = node.aten(target, value, axes, keep)
        return value if after is None else node.aten(after, value)

    return made


def _cumsum(node: OnnxNode) -> Results:
    if node.integer("exclusive", 0) or node.integer("reverse", 0):
        raise NotSayable("sums from the end, or without the element itself")
    axis = node.whole(1, "axes")
    if len(axis) != 1:
        raise NotSayable("sums along several axes")
    return node.aten(A.cumsum.default, node.held(0), axis[0])


HANDLERS: Mapping[str, Handler] = {
    "ReduceMean": _reduce(A.mean.dim),
    "ReduceSum": _reduce(A.sum.dim_IntList),
    "ReduceMax": _reduce(A.amax.default),
    "ReduceMin": _reduce(A.amin.default),
    "ReduceL1": _reduce(A.sum.dim_IntList, A.abs.default),
    "ReduceL2": _reduce(A.sum.dim_IntList, None, A.sqrt.default, 2),
    "ReduceSumSquare": _reduce(A.sum.dim_IntList, power=2),
    "ReduceLogSum": _reduce(A.sum.dim_IntList, None, A.log.default),
    "ReduceLogSumExp": _reduce(A.sum.dim_IntList, A.exp.default, A.log.default),
    "CumSum": _cumsum,
}
