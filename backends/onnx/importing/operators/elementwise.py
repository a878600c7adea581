"""Functions of each element, and what leaves values as they are."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import torch
from onnx import AttributeProto
from torch import fx

from netlang.backends.onnx.importing.graph import StoredTensor
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results
from netlang.backends.onnx.importing.tensors import dtype_of
from netlang.backends.torch.importing.refusal import NotSayable, in_training

__all__ = ["HANDLERS"]

_PLAIN: Mapping[str, Any] = {
    "Relu": A.relu.default, "Sigmoid": A.sigmoid.default, "Tanh": A.tanh.default,
    "Exp": A.exp.default, "Log": A.log.default, "Sqrt": A.sqrt.default, "Abs": A.abs.default,
    "Neg": A.neg.default, "Sin": A.sin.default, "Cos": A.cos.default, "Round": A.round.default,
    "Softplus": A.softplus.default, "Erf": A.erf.default, "HardSwish": A.hardswish.default,
    "Mish": A.mish.default, "Floor": A.floor.default, "Ceil": A.ceil.default,
    "Sign": A.sign.default, "IsNaN": A.isnan.default,
}  # fmt: skip


def _plain(target: Any) -> Handler:
    return lambda node: node.aten(target, node.held(0))


def _not(node: OnnxNode) -> Results:
    """What isn't equal is a comparison of its own."""
    held = node.held(0)
    for kind in ("Scalar", "Tensor"):
        if isinstance(held, fx.Node) and held.target is getattr(A.eq, kind):
            return node.aten(getattr(A.ne, kind), *held.args)
    return node.aten(A.logical_not.default, held)


def _leaky(node: OnnxNode) -> Results:
    return node.aten(A.leaky_relu.default, node.held(0), node.number("alpha", 0.01))


def _elu(node: OnnxNode) -> Results:
    return node.aten(A.elu.default, node.held(0), node.number("alpha", 1.0))


def _selu(node: OnnxNode) -> Results:
    inner = node.aten(A.elu.default, node.held(0), node.number("alpha", 1.6732632))
    return node.aten(A.mul.Tensor, inner, node.number("gamma", 1.050701))


def _celu(node: OnnxNode) -> Results:
    alpha = node.number("alpha", 1.0)
    inner = node.aten(A.elu.default, node.aten(A.mul.Tensor, node.held(0), 1 / alpha), 1.0)
    return node.aten(A.mul.Tensor, inner, alpha)


def _thresholded(node: OnnxNode) -> Results:
    above = node.aten(A.gt.Scalar, node.held(0), node.number("alpha", 1.0))
    return node.aten(A.where.self, above, node.held(0), StoredTensor(torch.tensor(0.0)))


def _hard_sigmoid(node: OnnxNode) -> Results:
    alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        return node.aten(A.hardsigmoid.default, node.held(0))
    scaled = node.aten(A.add.Tensor, node.aten(A.mul.Tensor, node.held(0), alpha), beta)
    return node.aten(A.clamp.default, scaled, 0.0, 1.0)


def _softsign(node: OnnxNode) -> Results:
    size = node.aten(A.add.Tensor, node.aten(A.abs.default, node.held(0)), 1.0)
    return node.aten(A.div.Tensor, node.held(0), size)


def _reciprocal(node: OnnxNode) -> Results:
    return node.aten(A.pow.Tensor_Scalar, node.held(0), -1)


def _gelu(node: OnnxNode) -> Results:
    how = node.text("approximate", "none")
    return node.aten(A.gelu.default, node.held(0), approximate=how)


def _swish(node: OnnxNode) -> Results:
    alpha = node.number("alpha", 1.0)
    if alpha == 1:
        return node.aten(A.silu.default, node.held(0))
    gate = node.aten(A.sigmoid.default, node.aten(A.mul.Tensor, node.held(0), alpha))
    return node.aten(A.mul.Tensor, node.held(0), gate)


def _clip(node: OnnxNode) -> Results:
    """Bounds are attributes up to opset 10, and inputs since."""
    low, high = _bound(node, "min", 1), _bound(node, "max", 2)
    if (low, high) == (0, 6):
        return node.aten(A.hardtanh.default, node.held(0), 0.0, 6.0)
    if low is None and high is None:
        return node.held(0)
    if (low, high) == (0, None):
        return node.aten(A.relu.default, node.held(0))
    return node.aten(A.clamp.default, node.held(0), low, high)


def _bound(node: OnnxNode, name: str, place: int) -> float | int | None:
    found: float | int | None = None
    if node.has_attribute(name):
        found = node.number(name, 0.0)
    elif node.has(place):
        bound = node.known(place, "bounds")
        found = node.single(StoredTensor(bound))
        if found is None:
            raise NotSayable("bounds that aren't numbers")
    # An exporter writes the largest number of a type where there is no bound.
    open_ended = found is not None and (not isfinite(found) or abs(found) > 3e38)
    return None if open_ended else found


def _softmax(op: str) -> Handler:
    target = {"softmax": A.softmax.int, "log_softmax": A.log_softmax.int}[op]

    def made(node: OnnxNode) -> Results:
        shape = node.shape()
        axis = node.integer("axis", -1 if node.opset >= 13 else 1)
        if not -len(shape) <= axis < len(shape):
            raise NotSayable("an axis that its input lacks")
        axis %= len(shape)
        behind = shape[axis + 1 :]
        if node.opset >= 13 or all(size == 1 for size in behind):
            return node.aten(target, node.held(0), axis)
        # Up to opset 12 all axes after it are one with it.
        flat = node.aten(A.reshape.default, node.held(0), [*shape[:axis], -1])
        return node.aten(A.reshape.default, node.aten(target, flat, axis), list(shape))

    return made


def _dropout(node: OnnxNode) -> Results:
    """It is kept, though the file is for evaluation: training the spec needs it."""
    node.refuse_outputs()
    p = node.number("ratio", 0.5)
    if node.opset >= 12:
        held = node.optional(1)
        single = node.single(held)
        p = 0.5 if held is None else float(single if single is not None else 0.0)
        if node.has(2) and bool(node.known(2, "modes").any()):
            raise in_training("a dropout")
    return node.aten(A.dropout.default, node.held(0), p, False) if 0 < p < 1 else node.held(0)


def _cast(node: OnnxNode) -> Results:
    wanted = dtype_of(node.integer("to", 0))
    return _converted(node, wanted)


def _cast_like(node: OnnxNode) -> Results:
    other = node.held(1)
    return _converted(node, other.tensor.dtype if isinstance(other, StoredTensor) else
                      other.meta["val"].dtype)  # fmt: skip


def _converted(node: OnnxNode, wanted: torch.dtype) -> Results:
    held = node.held(0)
    before = held.tensor.dtype if isinstance(held, StoredTensor) else held.meta["val"].dtype
    return held if before is wanted else node.aten(A.to.dtype, held, wanted)


def _constant(node: OnnxNode) -> Results:
    for each in node.proto.attribute:
        match each.type:
            case AttributeProto.FLOAT:
                return StoredTensor(torch.tensor(each.f))
            case AttributeProto.INT:
                return StoredTensor(torch.tensor(each.i))
            case AttributeProto.FLOATS:
                return StoredTensor(torch.tensor(list(each.floats), dtype=torch.float32))
            case AttributeProto.INTS:
                return StoredTensor(torch.tensor(list(each.ints), dtype=torch.int64))
            case _:
                pass
    raise NotSayable("a constant that is no tensor of numbers")


def _same(node: OnnxNode) -> Results:
    return node.held(0)


HANDLERS: Mapping[str, Handler] = {
    **{op: _plain(target) for op, target in _PLAIN.items()},
    "Not": _not,
    "LeakyRelu": _leaky,
    "Elu": _elu,
    "Selu": _selu,
    "Celu": _celu,
    "ThresholdedRelu": _thresholded,
    "HardSigmoid": _hard_sigmoid,
    "Softsign": _softsign,
    "Reciprocal": _reciprocal,
    "Gelu": _gelu,
    "Swish": _swish,
    "Clip": _clip,
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "Dropout": _dropout,
    "Cast": _cast,
    "CastLike": _cast_like,
    "Constant": _constant,
    "Identity": _same,
}
