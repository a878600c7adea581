"""Temporal convolutional nets in plain torch, with the keys of the spec."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Tcn"]


class _Causal(nn.Module):
    def __init__(self, before: int, out: int, dilation: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(out))
        self.weight_g = nn.Parameter(torch.full((out, 1, 1), 0.1))
        self.weight_v = nn.Parameter(0.01 * torch.randn(out, before, 7))
        self.dilation = dilation

    def forward(self, x: Tensor) -> Tensor:
        weight = torch._weight_norm(self.weight_v, self.weight_g)
        past = 6 * self.dilation
        found = F.conv1d(x, weight, self.bias, padding=past, dilation=self.dilation)
        return found[:, :, : x.shape[2]]


class _Block(nn.Module):
    def __init__(self, before: int, out: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = _Causal(before, out, dilation)
        self.conv2 = _Causal(out, out, dilation)
        changed = before != out
        self.downsample = nn.Conv1d(before, out, 1) if changed else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = F.dropout(self.conv1(x).relu(), 0.05, self.training)
        y = F.dropout(self.conv2(y).relu(), 0.05, self.training)
        skip: Tensor = self.downsample(x)
        return (y + skip).relu()


class Tcn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        blocks = [_Block(1 if i == 0 else 25, 25, 2**i) for i in range(8)]
        self.tcn = nn.ModuleDict({"network": nn.Sequential(*blocks)})
        self.linear = nn.Linear(25, 10)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.tcn.children():
            x = block(x)
        y: Tensor = self.linear(x[:, :, -1])
        return y
