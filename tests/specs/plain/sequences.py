"""Temporal convolutional nets in plain torch, with the keys of the spec."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Tcn"]


class _Causal(nn.Module):
    def __init__(self, before: int, out: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(out))
        self.weight_g = nn.Parameter(torch.full((out, 1, 1), 0.1))
        self.weight_v = nn.Parameter(0.01 * torch.randn(out, before, kernel))
        self.dilation = dilation

    def forward(self, x: Tensor) -> Tensor:
        weight = torch._weight_norm(self.weight_v, self.weight_g)
        past = (self.weight_v.shape[2] - 1) * self.dilation
        found = F.conv1d(x, weight, self.bias, padding=past, dilation=self.dilation)
        return found[:, :, : x.shape[2]]


class _Block(nn.Module):
    def __init__(self, before: int, out: int, kernel: int, dilation: int, drop: float) -> None:
        super().__init__()
        self.drop = drop
        self.conv1 = _Causal(before, out, kernel, dilation)
        self.conv2 = _Causal(out, out, kernel, dilation)
        if before != out:
            self.downsample = nn.Conv1d(before, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.dropout(self.conv1(x).relu(), self.drop, self.training)
        y = F.dropout(self.conv2(y).relu(), self.drop, self.training)
        skip: Tensor = self.downsample(x) if hasattr(self, "downsample") else x
        return (y + skip).relu()


class Tcn(nn.Module):
    def __init__(self, classes: int = 10, width: int = 25, depth: int = 8, kernel: int = 7) -> None:
        super().__init__()
        blocks = [_Block(1 if i == 0 else width, width, kernel, 2**i, 0.05) for i in range(depth)]
        self.tcn = nn.ModuleDict({"network": nn.Sequential(*blocks)})
        self.linear = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.tcn.children():
            x = block(x)
        y: Tensor = self.linear(x[:, :, -1])
        return y
