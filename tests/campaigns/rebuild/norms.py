"""Normalisations, from their formulas; running averages are written as torch's layers do."""

from __future__ import annotations

import torch
from torch import Tensor

from tests.campaigns.rebuild.table import Step, from_front, layer, number, whole

__all__: list[str] = []


def _channels(values: Tensor, x: Tensor) -> Tensor:
    """One number for each channel, to stand beside `x`."""
    return values.view(1, -1, *[1] * (x.dim() - 2))


def _scaled(step: Step, y: Tensor) -> Tensor:
    """Weight and bias of each channel, where there are some."""
    weight, bias = step.get("weight"), step.get("bias")
    y = y if weight is None else y * _channels(weight, y)
    return y if bias is None else y + _channels(bias, y)


def _standard(x: Tensor, axes: list[int], eps: float) -> Tensor:
    mean = x.mean(axes, keepdim=True)
    variance = (x - mean).square().mean(axes, keepdim=True)
    return (x - mean) / (variance + eps).sqrt()


@layer("batch_norm")
def _batch_norm(step: Step) -> Tensor:
    x, eps = step.x, number(step.arguments["eps"])
    if not step.training:
        return _frozen(step)
    axes = [0, *range(2, x.dim())]
    with torch.no_grad():
        count = x.numel() // x.shape[1]
        share = number(step.arguments["momentum"])
        variance = x.var(axes, correction=0) * count / (count - 1)
        _follow(step.weights["running_mean"], x.mean(axes), share)
        _follow(step.weights["running_var"], variance, share)
        step.weights["num_batches_tracked"].add_(1)
    return _scaled(step, _standard(x, axes, eps))


def _follow(running: Tensor, value: Tensor, share: float) -> None:
    running.mul_(1 - share).add_(share * value.detach())


@layer("frozen_batch_norm")
def _frozen(step: Step) -> Tensor:
    mean = _channels(step.weights["running_mean"], step.x)
    variance = _channels(step.weights["running_var"], step.x)
    return _scaled(step, (step.x - mean) / (variance + number(step.arguments["eps"])).sqrt())


@layer("layer_norm")
def _layer_norm(step: Step) -> Tensor:
    x, given = step.x, step.arguments["axes"]
    listed = [given] if isinstance(given, int) else given
    assert isinstance(listed, list)
    axes = sorted(from_front(whole(axis), x) for axis in listed)
    y = _standard(x, axes, number(step.arguments["eps"]))
    shape = [x.shape[axis] if axis in axes else 1 for axis in range(x.dim())]
    weight, bias = step.get("weight"), step.get("bias")
    y = y if weight is None else y * weight.view(shape)
    return y if bias is None else y + bias.view(shape)


@layer("group_norm")
def _group_norm(step: Step) -> Tensor:
    groups = step.x.reshape(step.x.shape[0], whole(step.arguments["groups"]), -1)
    y = _standard(groups, [2], number(step.arguments["eps"])).view_as(step.x)
    return _scaled(step, y)


@layer("instance_norm")
def _instance_norm(step: Step) -> Tensor:
    axes = list(range(2, step.x.dim()))
    return _scaled(step, _standard(step.x, axes, number(step.arguments["eps"])))


@layer("switchable_norm")
def _switchable_norm(step: Step) -> Tensor:
    x, places = step.x, list(range(2, step.x.dim()))
    means = [x.mean(places, keepdim=True), x.mean([1, *places], keepdim=True)]
    variances = [
        x.var(places, correction=0, keepdim=True),
        x.var([1, *places], correction=0, keepdim=True),
    ]
    if step.training:
        means.append(x.mean([0, *places], keepdim=True))
        variances.append(x.var([0, *places], correction=0, keepdim=True))
        share = number(step.arguments["momentum"])
        with torch.no_grad():
            _follow(step.weights["running_mean"], means[2].flatten(), share)
            _follow(step.weights["running_var"], variances[2].flatten(), share)
    else:
        means.append(_channels(step.weights["running_mean"], x))
        variances.append(_channels(step.weights["running_var"], x))
    mean = _mixed(step.weights["mean_weight"], means)
    variance = _mixed(step.weights["var_weight"], variances)
    return _scaled(step, (x - mean) / (variance + number(step.arguments["eps"])).sqrt())


def _mixed(weight: Tensor, statistics: list[Tensor]) -> Tensor:
    shares = weight.softmax(0)
    return sum((shares[i] * each for i, each in enumerate(statistics)), torch.zeros(()))


@layer("local_response_norm")
def _local_response_norm(step: Step) -> Tensor:
    x, size = step.x, whole(step.arguments["size"])
    alpha, beta, k = (number(step.arguments[name]) for name in ("alpha", "beta", "k"))
    square, channels = x.square(), x.shape[1]
    sums = [
        square[:, max(0, c - size // 2) : min(channels, c + (size - 1) // 2 + 1)].sum(1)
        for c in range(channels)
    ]
    return x / torch.pow(k + alpha / size * torch.stack(sums, 1), beta)


@layer("l2_normalize")
def _l2_normalize(step: Step) -> Tensor:
    # Not the root of a sum of squares: its gradient at 0 isn't a number.
    length: Tensor = torch.linalg.vector_norm(step.x, dim=step.axis(), keepdim=True)
    return step.x / length.clamp_min(number(step.arguments["eps"]))


@layer("rms_norm")
def _rms_norm(step: Step) -> Tensor:
    """The axes last, in the order given, which is that of the weight."""
    given = step.arguments["axes"]
    listed = [given] if isinstance(given, int) else given
    assert isinstance(listed, list)
    axes = [from_front(whole(axis), step.x) for axis in listed]
    last = list(range(-len(axes), 0))
    x = step.x.movedim(axes, last)
    y = x * (x.square().mean(last, keepdim=True) + number(step.arguments["eps"])).rsqrt()
    weight = step.get("weight")
    return (y if weight is None else y * weight).movedim(last, axes)
