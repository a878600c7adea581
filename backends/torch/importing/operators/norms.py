"""Normalizations, which have weights of their own or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.opaque import opaque_operator
from netlang.backends.torch.importing.operators.alignment import reshaped
from netlang.backends.torch.importing.operators.convolutions import in_front
from netlang.backends.torch.importing.operators.parts import channels_first, has_parts
from netlang.backends.torch.importing.operators.weights import owner, weights_of
from netlang.backends.torch.importing.refusal import NotSayable, in_training
from netlang.backends.torch.importing.steps import Argument, Value

__all__ = ["HANDLERS", "LOCAL_RESPONSE_NORM"]

LOCAL_RESPONSE_NORM = opaque_operator(
    "local_response_norm(Tensor x, int size, float alpha, float beta, float k) -> Tensor",
    lambda x, *_: torch.empty_like(x),
)
"""The norm as one operator: PyTorch's is a function of several."""
_AFFINE = {"weight": "weight", "bias": "bias"}


def _affine(call: Call) -> tuple[str | None, dict[str, Argument]]:
    """The weights of a norm; those that it lacks are told."""
    if call.given["weight"] is None:
        return None, {"affine": False}
    return weights_of(call, _AFFINE)


def _batch_norm(call: Call) -> Made:
    if call.given["training"]:
        if call.given["running_mean"] is not None:
            raise in_training("a batch norm")
        return _standardized(call)
    mean = call.stored("running_mean")
    label = None if mean is None else owner(mean.key, "running_mean")
    if label is None:
        raise NotSayable("a batch norm without running averages")
    key, given = _affine(call)
    value = call.value("input")
    eps, momentum = call.number("eps"), call.number("momentum")
    if key is not None and key != label:
        raise NotSayable("a batch norm whose tensors are in several modules")
    numbers: dict[str, Argument] = {"eps": eps, "momentum": momentum}

    def normed(of: Value, shape: Sequence[int]) -> Value:
        return call.emit("batch_norm", [of], {**numbers, **given}, shape=shape, key=label)

    if has_parts(value):
        return channels_first(call, value, lambda turned: normed(turned, turned.shape))
    return normed(in_front(value), call.shape)


def _standardized(call: Call) -> Made:
    """Weights with mean 0 and variance 1 in each channel, times a gain; arXiv:1903.10520."""
    value = call.value("input")
    if not value.free or value.batch is not None or value.shape[0] != 1:
        raise NotSayable("a batch norm without running averages")
    channels, places = value.shape[1], prod(value.shape[2:])
    flat = reshaped(call, value, (channels, places))
    numbers: dict[str, Argument] = {"axes": -1, "eps": call.number("eps"), "affine": False}
    made = call.emit("layer_norm", [flat], numbers, shape=flat.shape)
    for name, op in (("weight", "mul"), ("bias", "add")):
        if call.given[name] is not None:
            each = reshaped(call, call.value(name), (channels, 1))
            made = call.emit(op, [made, each], shape=flat.shape)
    return reshaped(call, made, value.shape)


def _layer_norm(call: Call) -> Made:
    value = call.value("input")
    key, given = _affine(call)
    bias: dict[str, Argument] = {}
    if call.given["bias"] is None and "affine" not in given:
        bias = {"bias": False}
    axes = _last_axes(call, value)
    numbers: dict[str, Argument] = {"axes": axes, "eps": call.number("eps")}
    return call.emit("layer_norm", [value], {**numbers, **given, **bias}, key=key)


def _last_axes(call: Call, value: Value) -> Argument:
    count = len(call.integers("normalized_shape"))
    rank = len(value.shape)
    axes = [value.axis(axis) for axis in range(rank - count, rank)]
    if None in axes:
        raise NotSayable("a norm across examples")
    return -1 if count == 1 else tuple(axis - len(value.sizes) for axis in axes if axis is not None)


def _rms_norm(call: Call) -> Made:
    value = call.value("input")
    held = call.given["weight"]
    key: str | None = None
    given: dict[str, Argument] = {"affine": False}
    if held is not None:
        key, given = weights_of(call, {"weight": "weight"})
    if call.given["eps"] is None:
        raise NotSayable("a norm whose eps isn't given")
    axes, eps = _last_axes(call, value), call.number("eps")
    return call.emit("rms_norm", [value], {"axes": axes, "eps": eps, **given}, key=key)


def _group_norm(call: Call) -> Made:
    key, given = _affine(call)
    value = in_front(call.value("input"))
    groups, eps = call.integer("num_groups"), call.number("eps")
    return call.emit("group_norm", [value], {"groups": groups, "eps": eps, **given}, key=key)


def _instance_norm(call: Call) -> Made:
    if not call.given["use_input_stats"]:
        raise NotSayable("an instance norm with running averages")
    key, given = _affine(call)
    affine: dict[str, Argument] = given if "affine" in given else {"affine": True, **given}
    value = in_front(call.value("input"))
    return call.emit("instance_norm", [value], {"eps": call.number("eps"), **affine}, key=key)


def _local_response_norm(call: Call) -> Made:
    arguments: dict[str, Argument] = {"size": call.integer("size")}
    for name in ("alpha", "beta", "k"):
        arguments[name] = call.number(name)
    return call.emit("local_response_norm", [in_front(call.value("x"))], arguments)


HANDLERS: Mapping[str, Handler] = {
    "netlang_import.local_response_norm.default": _local_response_norm,
    "aten.batch_norm.default": _batch_norm,
    "aten.layer_norm.default": _layer_norm,
    "aten.rms_norm.default": _rms_norm,
    "aten.group_norm.default": _group_norm,
    "aten.instance_norm.default": _instance_norm,
}
