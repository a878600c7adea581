"""Switchable normalisation as its paper states it: the sums of equations 2 to 5, one by one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Switchable"]


class Switchable(nn.Module):
    """Luo et al. 2018, arXiv:1806.10779, with running averages as in batch normalisation."""

    def __init__(self, channels: int, eps: float, momentum: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.mean_weight = nn.Parameter(torch.ones(3))
        self.var_weight = nn.Parameter(torch.ones(3))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.eps, self.momentum = eps, momentum

    def forward(self, x: Tensor) -> Tensor:
        places = tuple(range(2, x.dim()))
        every = [_statistics(x, axes) for axes in (places, (1, *places), (0, *places))]
        if self.training:
            self._follow(*every[2])
        else:
            every[2] = tuple(self._wide(name, x) for name in ("running_mean", "running_var"))
        mean = _mixed([statistics[0] for statistics in every], self.mean_weight)
        variance = _mixed([statistics[1] for statistics in every], self.var_weight)
        even = (x - mean) / torch.sqrt(variance + self.eps)
        return self._wide("weight", x) * even + self._wide("bias", x)

    def _wide(self, name: str, x: Tensor) -> Tensor:
        value: Tensor = getattr(self, name)
        return value.reshape(1, -1, *[1] * (x.dim() - 2))

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        for name, value in (("running_mean", mean), ("running_var", variance)):
            running = self.get_buffer(name)
            kept = (1 - self.momentum) * running + self.momentum * value.flatten().detach()
            running.copy_(kept)


def _statistics(x: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, ...]:
    """Mean and variance along some axes."""
    mean = x.mean(axes, keepdim=True)
    return mean, ((x - mean) ** 2).mean(axes, keepdim=True)


def _mixed(values: list[Tensor], weights: Tensor) -> Tensor:
    shares = torch.exp(weights) / torch.exp(weights).sum()
    return shares[0] * values[0] + shares[1] * values[1] + shares[2] * values[2]
