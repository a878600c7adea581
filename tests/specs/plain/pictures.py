"""Nets of papers for pictures in plain torch, as their tables say, with the keys of the specs."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

__all__ = ["AlexNet2012", "LeNet5", "LeNet5Relu", "MobileNetV1", "NetworkInNetwork", "ZFNet"]

# Table 1 of LeCun et al. 1998: row = map of S2, column = map of C3.
CONNECTED = [
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
]
# In which order a map of C3 reads them: as they lie on the ring, from the first of the run.
_RING = [*((i, i + 1, i + 2) for i in range(6)), *((i, i + 1, i + 2, i + 3) for i in range(6))]


class _Subsampling(nn.Sequential):
    def __init__(self, maps: int) -> None:
        super().__init__(nn.AvgPool2d(2), nn.Conv2d(maps, maps, 1, groups=maps), nn.Tanh())


class LeNet5(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = _Subsampling(6)
        columns = zip(*CONNECTED, strict=True)
        found = [[i for i, mark in enumerate(column) if mark == "X"] for column in columns]
        order = [*([i % 6 for i in run] for run in _RING), *found[12:]]
        assert [sorted(read) for read in order] == found
        self.order = order
        self.c3 = nn.Module()
        for i, read in enumerate(order):
            self.c3.add_module(f"map{i}", nn.Conv2d(len(read), 1, 5))
        self.s4 = _Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.penalties = nn.Module()
        self.penalties.difference = nn.Module()
        self.penalties.difference.centres = nn.Parameter(torch.randn(10, 84))

    def forward(self, x: Tensor) -> Tensor:
        x = self.s2(torch.tanh(self.c1(x)))
        convs = self.c3.children()
        maps = [conv(x[:, read]) for conv, read in zip(convs, self.order, strict=True)]
        x = self.s4(torch.tanh(torch.cat(maps, 1)))
        x = torch.tanh(self.f6(torch.tanh(self.c5(x)).flatten(1)))
        centres = self.get_parameter("penalties.difference.centres")
        return torch.cdist(x, centres, compute_mode="donot_use_mm_for_euclid_dist") ** 2


class LeNet5Relu(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        for conv in (self.conv1, self.conv2):
            x = nn.functional.max_pool2d(torch.relu(conv(x)), 2)
        x = torch.relu(self.fc2(torch.relu(self.fc1(x.flatten(1)))))
        out: Tensor = self.fc3(x)
        return out


class _Classified(nn.Module):
    """Features, then three linear maps with dropout between them."""

    def __init__(self, *features: nn.Module) -> None:
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(
            *(nn.Linear(256 * 6 * 6, 4096), nn.ReLU(), nn.Dropout()),
            *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()),
            nn.Linear(4096, 1000),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.classifier(self.features(x).flatten(1))
        return out


class _Norm(nn.Module):
    """Section 3.3 of Krizhevsky et al. 2012, word for word: n = 5, k = 2, 1e-4 and 0.75."""

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        squares = [x[:, max(0, i - 2) : i + 3].square().sum(1) for i in range(channels)]
        return x / (2 + 1e-4 * torch.stack(squares, 1)) ** 0.75


class AlexNet2012(_Classified):
    def __init__(self) -> None:
        super().__init__(
            *(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), _Norm(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), _Norm(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        )


class ZFNet(_Classified):
    def __init__(self) -> None:
        super().__init__(
            *(nn.Conv2d(3, 96, 7, 2, 1), nn.ReLU(), nn.MaxPool2d(3, 2, 1), _Norm()),
            *(nn.Conv2d(96, 256, 5, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), _Norm()),
            *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
        )


def _mlp(before: int, widths: tuple[int, int, int], kernel: int) -> nn.Sequential:
    a, b, c = widths
    return nn.Sequential(
        *(nn.Conv2d(before, a, kernel, padding=kernel // 2), nn.ReLU()),
        *(nn.Conv2d(a, b, 1), nn.ReLU(), nn.Conv2d(b, c, 1), nn.ReLU()),
    )


class NetworkInNetwork(nn.Sequential):
    def __init__(self) -> None:
        parts: dict[str, nn.Module] = {
            "mlp1": _mlp(3, (192, 160, 96), 5),
            "pool1": nn.MaxPool2d(3, 2, ceil_mode=True),
            "drop1": nn.Dropout(),
            "mlp2": _mlp(96, (192, 192, 192), 5),
            "pool2": nn.AvgPool2d(3, 2, ceil_mode=True),
            "drop2": nn.Dropout(),
            "mlp3": _mlp(192, (192, 192, 10), 3),
            "pool3": nn.AdaptiveAvgPool2d(1),
            "flat": nn.Flatten(),
        }
        super().__init__(OrderedDict(parts))


def _conv(before: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(before, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())


class _Separable(nn.Module):
    def __init__(self, before: int, out: int, stride: int) -> None:
        super().__init__()
        self.depthwise = _conv(before, before, 3, stride, before)
        self.pointwise = _conv(before, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.pointwise(self.depthwise(x))
        return out


class MobileNetV1(nn.Module):
    """Table 1 of Howard et al. 2017, whose last stride is a misprint for 1."""

    WIDTHS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
    STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)

    def __init__(self, alpha: float = 1.0, separable: bool = True) -> None:
        super().__init__()
        widths = [int(alpha * width) for width in self.WIDTHS]
        steps = zip(widths, widths[1:], self.STRIDES, strict=False)
        units: list[nn.Module] = [
            _Separable(a, b, s) if separable else _conv(a, b, 3, s) for a, b, s in steps
        ]
        self.features = nn.Sequential(_conv(3, widths[0], 3, 2), *units)
        self.classifier = nn.Linear(widths[-1], 1000)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.classifier(self.features(x).mean((2, 3)))
        return out
