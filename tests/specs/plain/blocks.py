"""Blocks in plain torch that torchvision lacks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

__all__ = [
    "full_conv", "InceptionNaive", "InceptionReduced", "Padded", "Plain", "Projected",
    "ShuffleBranch", "separable",
]  # fmt: skip


def _relu(before: int, out: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, out, kernel, padding=kernel // 2), nn.ReLU())


class _SideBySide(nn.Module):
    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


class InceptionNaive(_SideBySide):
    """Figure 2a of Szegedy et al. 2014."""

    def __init__(self, before: int, one: int, three: int, five: int) -> None:
        kernels = ((one, 1), (three, 3), (five, 5))
        convs = (_relu(before, out, kernel) for out, kernel in kernels)
        super().__init__(*convs, nn.MaxPool2d(3, 1, 1))


class InceptionReduced(_SideBySide):
    """Figure 2b."""

    def __init__(
        self, before: int, one: int, red3: int, three: int, red5: int, five: int, pool: int
    ) -> None:
        super().__init__(
            _relu(before, one, 1),
            nn.Sequential(_relu(before, red3, 1), _relu(red3, three, 3)),
            nn.Sequential(_relu(before, red5, 1), _relu(red5, five, 5)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), _relu(before, pool, 1)),
        )


class Padded(nn.Module):
    def __init__(self, out: int, stride: int) -> None:
        super().__init__()
        self.out, self.stride = out, stride

    def forward(self, x: Tensor) -> Tensor:
        new = self.out - x.shape[1]
        return pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, new))


class Projected(nn.Sequential):
    def __init__(self, before: int, out: int, stride: int) -> None:
        super().__init__(nn.Conv2d(before, out, 1, stride, bias=False), nn.BatchNorm2d(out))


def full_conv(
    before: int, out: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    conv = nn.Conv2d(before, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())


class Plain(nn.Sequential):
    def __init__(self, before: int, out: int, stride: int) -> None:
        super().__init__(full_conv(before, out, 3, stride), full_conv(out, out, 3))


def separable(before: int, out: int, kernel: int, stride: int) -> nn.Sequential:
    """Figure 3 of Howard et al. 2017."""
    depthwise = full_conv(before, before, kernel, stride, before)
    return nn.Sequential(depthwise, full_conv(before, out, 1))


class ShuffleBranch(nn.Sequential):
    """The right side of figure 3 of Ma et al. 2018, as wide as its input."""

    def __init__(self, width: int, stride: int) -> None:
        depthwise = nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False)
        super().__init__(
            full_conv(width, width, 1),
            nn.Sequential(depthwise, nn.BatchNorm2d(width)),
            full_conv(width, width, 1),
        )
