"""EfficientDet-D0 in plain torch, with MBConv of torchvision and the spec's keys."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.analysis.oracles import torchvision_models

__all__ = ["EfficientDet"]

_parts = torchvision_models().efficientnet
_norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)
# Expansion, kernel, stride, channels before and after, depth: EfficientNet-B0.
_TABLE = (
    (1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1),
)  # fmt: skip
# Channels of a level, layers of a head, boxes at each place.
_WIDTH, _DEPTH, _ANCHORS = 64, 3, 9


class _Separable(nn.Module):
    def __init__(self, before: int, out: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False)
        self.conv_pw = nn.Conv2d(before, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv_pw(self.conv_dw(x))
        return y


class _Projection(nn.Module):
    def __init__(self, before: int, out: int) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(before, out, 1), _norm(out)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn(self.conv(x))
        return y


class _Backbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        stem = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self.add_module("0", nn.Sequential(stem, _norm(32), nn.SiLU()))
        self.blocks = nn.ModuleList()
        done = 0
        for expand, kernel, stride, before, out, depth in _TABLE:
            stage = nn.Sequential()
            for j in range(depth):
                first = j == 0
                config = _parts.MBConvConfig(
                    expand, kernel, stride if first else 1, before if first else out, out, 1
                )
                stage.append(_parts.MBConv(config, 0.2 * (done + j) / 16, _norm))
            done += depth
            self.blocks.append(stage)

    def forward(self, x: Tensor) -> list[Tensor]:
        x, found = self.get_submodule("0")(x), []
        for stage in self.blocks:
            x = stage(x)
            found.append(x)
        return [found[2], found[4], found[6]]


class _Node(nn.Module):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.edge_weights = nn.Parameter(torch.ones(inputs))
        self.conv, self.bn = _Separable(_WIDTH, _WIDTH), _norm(_WIDTH)

    def forward(self, *maps: Tensor) -> Tensor:
        weights = self.edge_weights.relu()
        mean = (torch.stack(maps, -1) * (weights / (weights.sum() + 0.0001))).sum(-1)
        y: Tensor = self.bn(self.conv(F.silu(mean)))
        return y


def _finer(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0)


def _coarser(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, 2, 1)


class _Layer(nn.Module):
    def __init__(self, given: dict[int, int]) -> None:
        super().__init__()
        self.enter = nn.ModuleDict(
            {str(i): nn.ModuleList([_Projection(given[i], _WIDTH)]) for i in (3, 4, 5) if given}
        )
        self.again = nn.ModuleDict(
            {str(i): nn.ModuleList([_Projection(given[i], _WIDTH)]) for i in (4, 5) if given}
        )
        for i in range(3, 7):
            self.add_module(f"down{i}", _Node(2))
        for i in range(4, 8):
            self.add_module(f"up{i}", _Node(3 if i < 7 else 2))

    def _node(self, name: str, *maps: Tensor) -> Tensor:
        y: Tensor = self.get_submodule(name)(*maps)
        return y

    def forward(self, maps: dict[int, Tensor]) -> dict[int, Tensor]:
        def given(where: nn.ModuleDict, i: int) -> Tensor:
            if str(i) not in where:
                return maps[i]
            y: Tensor = where.get_submodule(f"{i}.0")(maps[i])
            return y

        down = {7: maps[7]}
        for i in (6, 5, 4, 3):
            down[i] = self._node(f"down{i}", given(self.enter, i), _finer(down[i + 1]))
        up = {3: down[3]}
        for i in (4, 5, 6):
            up[i] = self._node(f"up{i}", given(self.again, i), down[i], _coarser(up[i - 1]))
        up[7] = self._node("up7", maps[7], _coarser(up[6]))
        return up


class _Head(nn.Module):
    def __init__(self, out: int) -> None:
        super().__init__()
        self.conv_rep = nn.ModuleList(_Separable(_WIDTH, _WIDTH) for _ in range(_DEPTH))
        norms = [nn.ModuleList(_norm(_WIDTH) for _ in range(5)) for _ in range(_DEPTH)]
        self.bn_rep = nn.ModuleList(norms)
        self.predict, self.out = _Separable(_WIDTH, _ANCHORS * out), out

    def forward(self, maps: list[Tensor]) -> Tensor:
        rows = []
        for i, x in enumerate(maps):
            y = x
            for j, conv in enumerate(self.conv_rep):
                y = F.silu(self.bn_rep.get_submodule(f"{j}.{i}")(conv(y)))
            said = self.predict(y).permute(0, 2, 3, 1)
            rows.append(said.reshape(len(x), -1, self.out))
        return torch.cat(rows, 1)


class EfficientDet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = _Backbone()
        self.p6 = nn.Sequential(_Projection(320, _WIDTH), nn.MaxPool2d(3, 2, 1))
        self.fpn = nn.ModuleList(map(_Layer, ({3: 40, 4: 112, 5: 320}, {}, {})))
        self.class_net, self.box_net = _Head(90), _Head(4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        maps = dict(enumerate(self.backbone(x), 3))
        maps[6] = self.p6(maps[5])
        maps[7] = _coarser(maps[6])
        for layer in self.fpn:
            maps = layer(maps)
        found = [maps[i] for i in range(3, 8)]
        return self.class_net(found), self.box_net(found)
