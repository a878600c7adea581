"""Normalizations."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from netlang.backends.onnx.importing.graph import Held, StoredTensor
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.torch.importing.operators.norms import LOCAL_RESPONSE_NORM
from netlang.backends.torch.importing.refusal import NotSayable, in_training

__all__ = ["HANDLERS"]


def _batch_norm(node: OnnxNode) -> Results:
    if node.integer("training_mode", 0):
        raise in_training("a batch norm")
    names = ("weight", "bias", "running_mean", "running_var")
    own = node.owned({name: node.held(place) for place, name in enumerate(names, 1)}, "bn")
    momentum = round(1 - node.number("momentum", 0.9), 6)
    numbers = (False, momentum, node.number("epsilon", 1e-5), True)
    return node.aten(A.batch_norm.default, node.held(0), *own.values(), *numbers)


def _instance_norm(node: OnnxNode) -> Results:
    plain = _is_filled(node.held(1), 1) and _is_filled(node.held(2), 0)
    own = {"weight": None, "bias": None} if plain else _affine(node, "norm")
    numbers = (None, None, True, 0.1, node.number("epsilon", 1e-5), False)
    return node.aten(A.instance_norm.default, node.held(0), own["weight"], own["bias"], *numbers)


def _is_filled(held: Held, number: int) -> bool:
    """Whether an exporter has filled in a number, where a module has no weights."""
    stored = isinstance(held, StoredTensor) and not held.learned
    return stored and isinstance(held, StoredTensor) and bool((held.tensor == number).all())


def _affine(node: OnnxNode, word: str) -> dict[str, Held | None]:
    return node.owned({"weight": node.held(1), "bias": node.optional(2)}, word)


def _group_norm(node: OnnxNode) -> Results:
    channels, groups = node.shape()[1], node.integer("num_groups", 1)
    if node.shape(1) != (channels,):
        raise NotSayable("a factor for each group", "write it in opset 21 or newer")
    own = _affine(node, "norm")
    eps = node.number("epsilon", 1e-5)
    args = (groups, own["weight"], own["bias"], eps)
    return node.aten(A.group_norm.default, node.held(0), *args)


def _layer_norm(node: OnnxNode) -> Results:
    node.refuse_outputs()
    shape = node.shape()
    axis = node.integer("axis", -1) % max(len(shape), 1)
    own = _affine(node, "norm")
    eps = node.number("epsilon", 1e-5)
    return node.aten(
        A.layer_norm.default, node.held(0), shape[axis:], own["weight"], own["bias"], eps
    )


def _rms_norm(node: OnnxNode) -> Results:
    shape = node.shape()
    axis = node.integer("axis", -1) % max(len(shape), 1)
    own = node.owned({"weight": node.held(1)}, "norm")
    eps = node.number("epsilon", 1e-5)
    return node.aten(A.rms_norm.default, node.held(0), shape[axis:], own["weight"], eps)


def _lp_norm(node: OnnxNode) -> Results:
    value, axis, p = node.held(0), node.integer("axis", -1), node.integer("p", 2)
    if p == 1:
        size = node.aten(A.abs.default, value)
        size = node.aten(A.sum.dim_IntList, size, [axis], True)
    elif p == 2:
        size = node.aten(A.linalg_vector_norm.default, value, 2, [axis], True)
        # What has no length stays as it is.
        size = node.aten(A.clamp.default, size, 1e-12, None)
    else:
        raise NotSayable(f"a norm of order {p}")
    return node.aten(A.div.Tensor, value, size)


def _prelu(node: OnnxNode) -> Results:
    slope = node.held(1)
    if not isinstance(slope, StoredTensor):
        raise NotSayable("slopes that are computed")
    shape, sizes = shape_of(slope), node.shape()
    channels = sizes[1] if len(sizes) > 1 else 1
    if slope.tensor.numel() not in (1, channels) or (
        len(shape) > 1 and slope.tensor.numel() > 1 and shape[-len(sizes) + 1 :][0] != channels
    ) or (len(shape) == 1 and shape[0] > 1 and len(sizes) > 2):  # fmt: skip
        raise NotSayable("slopes for other axes than the channels")
    flat = StoredTensor(slope.tensor.reshape(-1), slope.name, slope.learned)
    own = node.owned(
        {"weight": flat}, "prelu", form="flat", back=lambda each: torch.reshape(each, shape)
    )
    return node.aten(A.prelu.default, node.held(0), own["weight"])


def _local_response_norm(node: OnnxNode) -> Results:
    size = node.integer("size", 0)
    if size % 2 == 0:
        raise NotSayable("a norm over an even number of channels", "its window is another one")
    numbers = [node.number("alpha", 1e-4), node.number("beta", 0.75), node.number("bias", 1.0)]
    return node.aten(LOCAL_RESPONSE_NORM, node.held(0), size, *numbers)


HANDLERS: Mapping[str, Handler] = {
    "LRN": _local_response_norm,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "LpNormalization": _lp_norm,
    "PRelu": _prelu,
}
