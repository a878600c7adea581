"""YOLOv5 and YOLOv8 in plain torch, with the keys of Ultralytics' repositories."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil

import torch
from torch import Tensor, nn

__all__ = ["YoloV5", "YoloV8"]

# Pixels, three shapes at each place of a map.
_ANCHORS = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
_STRIDES = (8, 16, 32)
_CLASSES = 80
# Distances to a side of a box that are told apart.
_BINS = 16


class _Conv(nn.Sequential):
    def __init__(self, before: int, out: int, kernel: int, stride: int = 1, pad: int = -1) -> None:
        pad = kernel // 2 if pad < 0 else pad
        conv = nn.Conv2d(before, out, kernel, stride, pad, bias=False)
        named = {"conv": conv, "bn": nn.BatchNorm2d(out, eps=0.001), "act": nn.SiLU()}
        super().__init__(OrderedDict(named))


class _Bottleneck(nn.Module):
    def __init__(self, width: int, kernel: int, *, residual: bool) -> None:
        super().__init__()
        self.cv1, self.cv2 = _Conv(width, width, kernel), _Conv(width, width, 3)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.cv2(self.cv1(x))
        return x + y if self.residual else y


class _C3(nn.Module):
    def __init__(self, before: int, out: int, depth: int, *, residual: bool = True) -> None:
        super().__init__()
        half = out // 2
        self.cv1, self.cv2 = _Conv(before, half, 1), _Conv(before, half, 1)
        self.cv3 = _Conv(2 * half, out, 1)
        self.m = nn.Sequential(*(_Bottleneck(half, 1, residual=residual) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.cv3(torch.cat([self.m(self.cv1(x)), self.cv2(x)], 1))
        return y


class _C2f(nn.Module):
    def __init__(self, before: int, out: int, depth: int, *, residual: bool = False) -> None:
        super().__init__()
        half = out // 2
        self.cv1, self.cv2 = _Conv(before, out, 1), _Conv((2 + depth) * half, out, 1)
        self.m = nn.ModuleList(_Bottleneck(half, 3, residual=residual) for _ in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        found = list(self.cv1(x).chunk(2, 1))
        for each in self.m:
            found.append(each(found[-1]))
        y: Tensor = self.cv2(torch.cat(found, 1))
        return y


class _Sppf(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = _Conv(width, width // 2, 1), _Conv(2 * width, width, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        found = [self.cv1(x)]
        for _ in range(3):
            found.append(self.pool(found[-1]))
        y: Tensor = self.cv2(torch.cat(found, 1))
        return y


def _middles(height: int, width: int) -> Tensor:
    """x and y of each place: [height, width, 2]."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack([x, y], -1)


class _Detect5(nn.Module):
    anchors: Tensor

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        pixels = torch.tensor(_ANCHORS, dtype=torch.float32)
        self.register_buffer("anchors", pixels / torch.tensor(_STRIDES).view(3, 1, 1))
        self.values = _CLASSES + 5
        self.m = nn.ModuleList(nn.Conv2d(width, 3 * self.values, 1) for width in widths)

    def forward(self, maps: list[Tensor]) -> Tensor:
        rows = []
        for conv, x, stride, anchors in zip(self.m, maps, _STRIDES, self.anchors, strict=True):
            y = conv(x).unflatten(1, (3, self.values)).movedim(2, -1).sigmoid()
            xy = (2 * y[..., :2] - 1 + _middles(*x.shape[2:])) * stride
            wh = (2 * y[..., 2:4]) ** 2 * (anchors * stride).view(3, 1, 1, 2)
            rows.append(torch.cat([xy, wh, y[..., 4:]], -1).flatten(1, 3))
        return torch.cat(rows, 1)


class _Dfl(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(_BINS, 1, 1, bias=False).requires_grad_(False)
        self.conv.weight.data[:] = torch.arange(_BINS, dtype=torch.float32).view(1, _BINS, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, places = x.shape
        y: Tensor = self.conv(x.view(batch, 4, -1, places).transpose(1, 2).softmax(1))
        return y[:, 0]


class _Detect8(nn.Module):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        near, scored = max(16, widths[0] // 4, 4 * _BINS), max(widths[0], min(_CLASSES, 100))
        self.cv2 = nn.ModuleList(self._branch(width, near, 4 * _BINS) for width in widths)
        self.cv3 = nn.ModuleList(self._branch(width, scored, _CLASSES) for width in widths)
        self.dfl = _Dfl()

    def _branch(self, before: int, width: int, out: int) -> nn.Sequential:
        last = nn.Conv2d(width, out, 1)
        return nn.Sequential(_Conv(before, width, 3), _Conv(width, width, 3), last)

    def forward(self, maps: list[Tensor]) -> Tensor:
        near = torch.cat([cv(x).flatten(2) for cv, x in zip(self.cv2, maps, strict=True)], 2)
        scores = torch.cat([cv(x).flatten(2) for cv, x in zip(self.cv3, maps, strict=True)], 2)
        middles = torch.cat([_middles(*x.shape[2:]).flatten(0, 1) for x in maps]).T
        steps = torch.cat(
            [torch.full((x[0, 0].numel(),), s) for x, s in zip(maps, _STRIDES, strict=True)]
        )
        sides: Tensor = self.dfl(near)
        first, last = middles - sides[:, :2], middles + sides[:, 2:]
        boxes = torch.cat([(first + last) / 2, last - first], 1) * steps
        return torch.cat([boxes, scores.sigmoid()], 1)


class _Yolo(nn.Module):
    """Layers of a table, and for each layer that joins maps which one it reads besides the last."""

    def __init__(self, layers: list[nn.Module], joins: dict[int, int], heads: list[int]) -> None:
        super().__init__()
        self.model = nn.Sequential(*layers)
        self.joins, self.heads = joins, heads

    def forward(self, x: Tensor) -> Tensor:
        found: list[Tensor] = []
        *layers, detect = self.model
        for i, layer in enumerate(layers):
            x = torch.cat([x, found[self.joins[i]]], 1) if i in self.joins else layer(x)
            found.append(x)
        y: Tensor = detect([found[i] for i in self.heads])
        return y


def _widths(width: float) -> list[int]:
    return [8 * ceil(channels * width / 8) for channels in (64, 128, 256, 512, 1024)]


class YoloV5(_Yolo):
    def __init__(self, width: float, depth: float) -> None:
        c1, c2, c3, c4, c5 = _widths(width)
        d3, d6, d9 = (max(1, round(times * depth)) for times in (3, 6, 9))
        layers = [
            _Conv(3, c1, 6, 2, 2), _Conv(c1, c2, 3, 2), _C3(c2, c2, d3), _Conv(c2, c3, 3, 2),
            _C3(c3, c3, d6), _Conv(c3, c4, 3, 2), _C3(c4, c4, d9), _Conv(c4, c5, 3, 2),
            _C3(c5, c5, d3), _Sppf(c5),
            _Conv(c5, c4, 1), nn.Upsample(scale_factor=2), nn.Identity(),
            _C3(2 * c4, c4, d3, residual=False),
            _Conv(c4, c3, 1), nn.Upsample(scale_factor=2), nn.Identity(),
            _C3(2 * c3, c3, d3, residual=False),
            _Conv(c3, c3, 3, 2), nn.Identity(), _C3(2 * c3, c4, d3, residual=False),
            _Conv(c4, c4, 3, 2), nn.Identity(), _C3(2 * c4, c5, d3, residual=False),
            _Detect5([c3, c4, c5]),
        ]  # fmt: skip
        super().__init__(layers, {12: 6, 16: 4, 19: 14, 22: 10}, [17, 20, 23])


class YoloV8(_Yolo):
    def __init__(self, width: float, depth: float) -> None:
        c1, c2, c3, c4, c5 = _widths(width)
        d3, d6 = (max(1, round(times * depth)) for times in (3, 6))
        layers = [
            _Conv(3, c1, 3, 2), _Conv(c1, c2, 3, 2), _C2f(c2, c2, d3, residual=True),
            _Conv(c2, c3, 3, 2), _C2f(c3, c3, d6, residual=True), _Conv(c3, c4, 3, 2),
            _C2f(c4, c4, d6, residual=True), _Conv(c4, c5, 3, 2),
            _C2f(c5, c5, d3, residual=True), _Sppf(c5),
            nn.Upsample(scale_factor=2), nn.Identity(), _C2f(c5 + c4, c4, d3),
            nn.Upsample(scale_factor=2), nn.Identity(), _C2f(c4 + c3, c3, d3),
            _Conv(c3, c3, 3, 2), nn.Identity(), _C2f(c3 + c4, c4, d3),
            _Conv(c4, c4, 3, 2), nn.Identity(), _C2f(c4 + c5, c5, d3),
            _Detect8([c3, c4, c5]),
        ]  # fmt: skip
        super().__init__(layers, {11: 6, 14: 4, 17: 12, 20: 9}, [15, 18, 21])
