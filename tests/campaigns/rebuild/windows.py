"""Convolutions, linear maps and pools."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from tests.campaigns.rebuild.layout import pad_edges
from tests.campaigns.rebuild.table import Step, flag, layer, number, text, whole

__all__: list[str] = []

CONV = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
TRANSPOSED = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}
# torch's own stubs tell less of these than of the others.
MAXPOOL: dict[int, Callable[..., tuple[Tensor, Tensor]]] = {
    1: functional.max_pool1d_with_indices,
    2: functional.max_pool2d_with_indices,
    3: functional.max_pool3d_with_indices,
}
AVGPOOL = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}


@layer("conv")
def _conv(step: Step) -> Tensor:
    weight, dilation = step.weights["weight"], step.per_axis("dilation")
    if step.arguments.get("standardize"):
        weight = _standardized(weight, number(step.arguments["eps"]))
    if step.arguments["pad"] == "same":
        # The odd element stands behind.
        totals = [d * (k - 1) for d, k in zip(dilation, step.per_axis("kernel"), strict=True)]
        pads = [(total // 2, total - total // 2) for total in totals]
    else:
        pads = [(amount, amount) for amount in step.per_axis("pad")]
    x = pad_edges(step.x, pads, text(step.arguments["pad_mode"]))
    return CONV[step.rank](
        x, weight, step.get("bias"), step.per_axis("stride"), 0, dilation,
        whole(step.arguments["groups"]),
    )  # fmt: skip


def _standardized(weight: Tensor, eps: float) -> Tensor:
    """Mean 0 and variance 1 in each output channel."""
    rows = weight.flatten(1)
    centred = rows - rows.mean(1, keepdim=True)
    variance = centred.square().mean(1, keepdim=True)
    return (centred / (variance + eps).sqrt()).view_as(weight)


@layer("conv_transpose")
def _conv_transpose(step: Step) -> Tensor:
    return TRANSPOSED[step.rank](
        step.x, step.weights["weight"], step.get("bias"), step.per_axis("stride"),
        step.per_axis("pad"), step.per_axis("output_pad"), whole(step.arguments["groups"]),
        step.per_axis("dilation"),
    )  # fmt: skip


@layer("linear")
def _linear(step: Step) -> Tensor:
    product = step.x @ step.weights["weight"].T
    bias = step.get("bias")
    return product if bias is None else product + bias


@layer("drop_connect")
def _drop_connect(step: Step) -> Tensor:
    p = number(step.arguments["p"])
    product = step.x @ functional.dropout(step.weights["weight"], p, step.training).T
    bias = step.get("bias")
    return product if bias is None else product + functional.dropout(bias, p, step.training)


@layer("maxpool")
def _maxpool(step: Step) -> Tensor | tuple[Tensor, ...]:
    values, places = MAXPOOL[step.rank](
        step.x, step.per_axis("kernel"), _stride(step), step.per_axis("pad"),
        step.per_axis("dilation"), flag(step.arguments["ceil"]),
    )  # fmt: skip
    return (values, places) if flag(step.arguments["return_indices"]) else values


def _stride(step: Step) -> list[int]:
    return step.per_axis("kernel" if step.arguments["stride"] is None else "stride")


@layer("max_unpool")
def _max_unpool(step: Step) -> Tensor:
    """The maxima laid out flat in a tensor of zeros."""
    x, places = step.inputs
    shape = (*x.shape[:2], *step.shapes[0][1:])
    flat = x.new_zeros(*x.shape[:2], torch.Size(shape[2:]).numel())
    return flat.scatter(2, places.flatten(2), x.flatten(2)).view(shape)


@layer("avgpool")
def _avgpool(step: Step) -> Tensor:
    found: Tensor = AVGPOOL[step.rank](
        step.x, step.per_axis("kernel"), _stride(step), step.per_axis("pad"),
        flag(step.arguments["ceil"]), flag(step.arguments["count_include_pad"]),
    )  # fmt: skip
    return found


@layer("adaptive_avgpool")
def _adaptive_avgpool(step: Step) -> Tensor:
    return _regions(step.x, step.per_axis("out"), largest=False)


@layer("adaptive_maxpool")
def _adaptive_maxpool(step: Step) -> Tensor:
    return _regions(step.x, step.per_axis("out"), largest=True)


def _regions(x: Tensor, sizes: list[int], *, largest: bool) -> Tensor:
    """Region by region along one axis after the other: means of means have equal shares."""
    for axis, size in enumerate(sizes, start=2):
        length = x.shape[axis]
        parts = []
        for place in range(size):
            start, end = place * length // size, -(-(place + 1) * length // size)
            region = x.narrow(axis, start, end - start)
            reduced = region.max(axis, keepdim=True).values if largest else region.mean(axis, True)
            parts.append(reduced)
        x = torch.cat(parts, axis)
    return x


@layer("global_avgpool")
def _global_avgpool(step: Step) -> Tensor:
    return step.x.mean(tuple(range(2, step.x.dim())), keepdim=True)


@layer("global_maxpool")
def _global_maxpool(step: Step) -> Tensor:
    places = step.x.flatten(2).max(2).values
    return places.view(*places.shape, *[1] * step.rank)
