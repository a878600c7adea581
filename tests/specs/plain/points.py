"""PointNet in plain torch with the spec's keys, as deployed."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

__all__ = ["PointNet", "PointNetSegmentation"]


def _unit(name: str, layer: nn.Module, out: int) -> nn.Module:
    layers = {name: layer, "bn": nn.BatchNorm1d(out), "act": nn.ReLU()}
    return nn.Sequential(OrderedDict(layers))


def _shared(before: int, out: int) -> nn.Module:
    return _unit("conv", nn.Conv1d(before, out, 1), out)


def _full(before: int, out: int) -> nn.Module:
    return _unit("fc", nn.Linear(before, out), out)


def _mlp(*widths: int) -> nn.Sequential:
    return nn.Sequential(*map(_shared, widths[:-1], widths[1:]))


class _Transform(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.mlp = _mlp(size, 64, 128, 1024)
        self.fc1, self.fc2 = _full(1024, 512), _full(512, 256)
        self.fc3 = nn.Linear(256, size * size)

    def forward(self, x: Tensor) -> Tensor:
        found = self.fc3(self.fc2(self.fc1(self.mlp(x).max(2).values)))
        matrix = found.view(-1, self.size, self.size) + torch.eye(self.size)
        return torch.bmm(x.transpose(1, 2), matrix).transpose(1, 2)


class _Features(nn.Module):
    def __init__(self, transforms: bool) -> None:
        super().__init__()
        self.transforms = transforms
        if transforms:
            self.input_transform = _Transform(3)
        self.mlp1 = _mlp(3, 64, 64)
        if transforms:
            self.feature_transform = _Transform(64)
        self.mlp2 = _mlp(64, 64, 128, 1024)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.mlp1(self.input_transform(x) if self.transforms else x)
        x = self.feature_transform(x) if self.transforms else x
        return x, self.mlp2(x).max(2).values


class PointNet(nn.Module):
    def __init__(self, transforms: bool = True) -> None:
        super().__init__()
        self.features = _Features(transforms)
        self.fc1, self.fc2, self.fc3 = _full(1024, 512), _full(512, 256), nn.Linear(256, 40)

    def forward(self, points: Tensor) -> Tensor:
        y: Tensor = self.fc3(self.fc2(self.fc1(self.features(points)[1])))
        return y


class PointNetSegmentation(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = _Features(transforms=True)
        self.mlp = _mlp(1088, 512, 256, 128, 128)
        self.conv = nn.Conv1d(128, 50, 1)

    def forward(self, points: Tensor) -> Tensor:
        x, whole = self.features(points)
        x = torch.cat((x, whole[:, :, None].expand(-1, -1, x.shape[2])), 1)
        y: Tensor = self.conv(self.mlp(x))
        return y
