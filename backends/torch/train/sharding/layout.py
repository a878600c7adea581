"""Sharded weights: each process has some rows, as plain tensors that an optimizer changes.

All of PyTorch's optimizers except Muon treat each element on its own, so on rows they compute
exactly what they would on the whole, with the same kernels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import final

import torch
from torch import Tensor, distributed, nn
from torch.distributed.tensor import DTensor
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from netlang.backends.torch.train.processes.layout import WeightLayout, forget_gradients
from netlang.backends.torch.train.processes.rows import Kept, Rows, rows_of_each
from netlang.backends.torch.train.world import World

__all__ = ["Sharded", "kept_by"]


def kept_by(tensor: Tensor, world: World) -> Kept:
    """This process's part of a model's tensor: some rows of a weight, all of a buffer."""
    if not isinstance(tensor, DTensor):
        return tensor
    first = rows_of_each(tensor.shape[0], world.size)[world.rank].start
    return Rows(_local(tensor), tuple(tensor.shape), first)


def _local(tensor: DTensor) -> Tensor:
    with torch.no_grad():
        local: Tensor = tensor.to_local().detach()
    return local


@final
class Sharded(WeightLayout):
    """This process's own rows of each weight of `model`."""

    sharded = True

    def __init__(self, model: nn.Module, world: World) -> None:
        self._world = world
        self._pairs: list[tuple[nn.Parameter, nn.Parameter]] = []
        self._weights: dict[nn.Parameter, nn.Parameter] = {}
        self._rows: dict[int, Rows] = {}
        for parameter in model.parameters():
            rows = kept_by(parameter, world)
            assert isinstance(rows, Rows)
            weight = nn.Parameter(rows.own, requires_grad=parameter.requires_grad)
            self._pairs.append((parameter, weight))
            self._weights[parameter] = weight
            self._rows[id(weight)] = rows

    def weight(self, parameter: nn.Parameter) -> nn.Parameter:
        return self._weights[parameter]

    def own(self, tensor: Tensor) -> Tensor:
        return _local(tensor) if isinstance(tensor, DTensor) else tensor.detach()

    def kept(self, tensor: Tensor) -> Kept:
        return kept_by(tensor, self._world)

    def beside(self, weight: Tensor, value: Tensor) -> Kept:
        rows = self._rows[id(weight)]
        return replace(rows, own=value) if value.shape == weight.shape else value

    def clear(self, optimizer: torch.optim.Optimizer) -> None:
        forget_gradients(optimizer)
        for parameter, weight in self._pairs:
            parameter.grad = weight.grad = None

    def collect(self) -> None:
        for parameter, weight in self._pairs:
            if parameter.grad is not None:
                weight.grad = self.own(parameter.grad)

    def bound(self, weights: list[nn.Parameter], norm: float) -> None:
        gradients = [each.grad for each in weights if each.grad is not None]
        # A square may be too large for float16, whose largest number is 65504.
        total = self._world.sum(get_total_norm(gradients).float().square()).sqrt()
        clip_grads_with_norm_(weights, norm, total)

    def gathered(self, weight: Tensor, value: Tensor) -> tuple[Tensor, slice]:
        """The whole tensor, assembled from each process's rows, and this process's slice of it.

        If `weight` isn't one of the model's, `value` is the whole.
        """
        rows = self._rows.get(id(weight))
        if rows is None:
            return value, slice(None)
        shares = rows_of_each(rows.shape[0], self._world.size)
        padded = value.new_zeros(len(shares[0]), *rows.shape[1:])
        padded[: len(value)] = value
        found = [torch.empty_like(padded) for _ in shares]
        distributed.all_gather(found, padded)
        return torch.cat(found)[: rows.shape[0]], slice(rows.first, rows.first + len(value))
