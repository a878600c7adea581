"""Operators of several values.

Those in which a pattern ends make the operator that it is in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from torch import fx

from netlang.backends.onnx.importing.graph import Held, StoredTensor
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.onnx.importing.operators import patterns
from netlang.backends.onnx.importing.operators.root_mean_square import scaled_by_root
from netlang.backends.onnx.importing.operators.unpool import (
    is_place,
    place_in_channel,
    place_less_first,
    places_in_batch,
)
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS"]


def _operands(node: OnnxNode) -> tuple[Any, Any]:
    """Two values, or a value and a number; a number is never the first."""
    left, right = node.held(0), node.held(1)
    if isinstance(left, StoredTensor) and isinstance(right, StoredTensor):
        return left, right
    number = node.single(right)
    return left, right if number is None else number


def _turned(node: OnnxNode) -> tuple[Any, Any]:
    """As `_operands`, for what is the same the other way round."""
    left, right = _operands(node)
    number = node.single(left) if not isinstance(right, StoredTensor) else None
    return (right, number) if number is not None and isinstance(right, fx.Node) else (left, right)


def _add(node: OnnxNode) -> Results:
    placed = places_in_batch(node)
    if placed is not None:
        return placed
    left, right = _turned(node)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, fx.Node) and not isinstance(other, int | float):
            mapped = _with_bias(node, one, other)
            if mapped is not None:
                return mapped
    found = node.aten(A.add.Tensor, left, right)
    return patterns.known(node, patterns.SUMS, found)


def _with_bias(node: OnnxNode, value: fx.Node, bias: Held) -> Results | None:
    """A linear map and then its bias: one layer."""
    weight = patterns.map_without_bias(value)
    if weight is None or shape_of(bias) != (weight.meta["val"].shape[0],) or len(value.users):
        return None
    if isinstance(bias, fx.Node):
        return node.aten(A.linear.default, value.args[0], weight, bias)
    if not bias.name:
        return None
    source = node.graph.stored.get(weight.name)
    if source is None:
        own = node.learned(bias)
    else:
        key = f"{source.key.removesuffix('.weight')}.bias"
        own = node.graph.weight(bias, node.key_of(bias, key))
    return node.aten(A.linear.default, value.args[0], weight, own)


def _mul(node: OnnxNode) -> Results:
    left, right = _turned(node)
    found = node.aten(A.mul.Tensor, left, right)
    return patterns.known(node, (*patterns.PRODUCTS, scaled_by_root), found)


def _sub(node: OnnxNode) -> Results:
    placed = place_less_first(node)
    if placed is not None:
        return placed
    left, right = _operands(node)
    number = node.single(left) if isinstance(right, fx.Node) else None
    if number is not None:
        return node.aten(A.rsub.Scalar, right, number)
    return node.aten(A.sub.Tensor, left, right)


def _div(node: OnnxNode) -> Results:
    left, right = _operands(node)
    number = node.single(left) if isinstance(right, fx.Node) else None
    if number is not None:
        inverse = node.aten(A.pow.Tensor_Scalar, right, -1)
        return inverse if number == 1 else node.aten(A.mul.Tensor, inverse, number)
    if isinstance(left, StoredTensor) and not left.tensor.is_floating_point():
        return node.aten(A.div.Tensor_mode, left, right, rounding_mode="trunc")
    found = node.aten(A.div.Tensor, left, right)
    return patterns.known(node, patterns.QUOTIENTS, found)


def _pow(node: OnnxNode) -> Results:
    number = node.single(node.held(1))
    if number is None:
        raise NotSayable("powers that are computed")
    if number == 0.5:
        return node.aten(A.sqrt.default, node.held(0))
    whole = int(number) if float(number).is_integer() else number
    return node.aten(A.pow.Tensor_Scalar, node.held(0), whole)


def _each(target: Any) -> Handler:
    """Any number of values, joined one after the other."""

    def made(node: OnnxNode) -> Results:
        values = [node.held(place) for place in range(len(node.inputs))]
        return reduce(lambda one, other: node.aten(target, one, other), values)

    return made


def _bounded(target: Any, bound: str) -> Handler:
    """`Max` and `Min`, of which one value may be a number."""

    def made(node: OnnxNode) -> Results:
        values = [node.held(place) for place in range(len(node.inputs))]
        numbers = [node.single(each) for each in values]
        live = [each for each, number in zip(values, numbers, strict=True) if number is None]
        if len(live) == 1 and len(values) == 2 and isinstance(live[0], fx.Node):
            number = next(each for each in numbers if each is not None)
            low, high = (number, None) if bound == "min" else (None, number)
            return node.aten(A.clamp.default, live[0], low, high)
        return reduce(lambda one, other: node.aten(target, one, other), values)

    return made


def _mean(node: OnnxNode) -> Results:
    total = _each(A.add.Tensor)(node)
    return node.aten(A.div.Tensor, total, len(node.inputs))


def _compared(name: str, turned: str) -> Handler:
    """A comparison, also with a number; `turned` is the one that holds the other way round."""

    def made(node: OnnxNode) -> Results:
        left, right = node.held(0), node.held(1)
        for one, other, op in ((left, right, name), (right, left, turned)):
            number = node.single(other) if isinstance(one, fx.Node) else None
            if number is not None:
                return node.aten(getattr(A, op).Scalar, one, number)
        return node.aten(getattr(A, name).Tensor, left, right)

    return made


def _both(target: Any) -> Handler:
    """An operator of two values."""

    def made(node: OnnxNode) -> Results:
        return node.aten(target, node.held(0), node.held(1))

    return made


def _mod(node: OnnxNode) -> Results:
    if node.integer("fmod", 0):
        return node.aten(A.fmod.Tensor, node.held(0), node.held(1))
    if is_place(node.held(0)):
        return place_in_channel(node)
    return node.aten(A.remainder.Tensor, node.held(0), node.held(1))


def _where(node: OnnxNode) -> Results:
    held: tuple[Held, ...] = tuple(node.held(place) for place in range(3))
    return node.aten(A.where.self, *held)


_COMPARED: Mapping[str, tuple[str, str]] = {
    "Equal": ("eq", "eq"), "Greater": ("gt", "lt"), "GreaterOrEqual": ("ge", "le"),
    "Less": ("lt", "gt"), "LessOrEqual": ("le", "ge"),
}  # fmt: skip
HANDLERS: Mapping[str, Handler] = {
    "Add": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "Pow": _pow,
    "Sum": _each(A.add.Tensor),
    "Mean": _mean,
    "Max": _bounded(A.maximum.default, "min"),
    "Min": _bounded(A.minimum.default, "max"),
    "Mod": _mod,
    "Where": _where,
    "And": _both(A.logical_and.default),
    "Or": _both(A.logical_or.default),
    "Xor": _both(A.logical_xor.default),
    **{op: _compared(*names) for op, names in _COMPARED.items()},
}
