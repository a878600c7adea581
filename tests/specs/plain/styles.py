"""StyleGAN2 in plain torch: each example is convolved with weights of its own.

The spec scales what goes in and what comes out instead, which is the same by the linearity of
convolutions.
"""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["StyleGan2"]


def _filter(channels: int) -> Tensor:
    row = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return (row[:, None] * row / row.sum() ** 2 * 4).expand(channels, 1, 4, 4)


def _upfirdn(x: Tensor) -> Tensor:
    """Zeros between places, and around them, then the filter."""
    batch, channels, height, width = x.shape
    wide = x.new_zeros(batch, channels, height, 2, width, 2)
    wide[:, :, :, 0, :, 0] = x
    wide = F.pad(wide.reshape(batch, channels, 2 * height, 2 * width), (2, 1, 2, 1))
    return F.conv2d(wide, _filter(channels), groups=channels)


class _Linear(nn.Module):
    def __init__(self, before: int, out: int, start: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out, before) / rate)
        self.bias = nn.Parameter(torch.full((out,), start))
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight * (self.rate / self.weight.shape[1] ** 0.5)
        return F.linear(x, weight, self.bias * self.rate)


def _act(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2) * 2**0.5


class _Mapping(nn.Module):
    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        for i in range(depth):
            self.add_module(f"layer{i}", _Linear(width, width, rate=0.01))

    def forward(self, z: Tensor) -> Tensor:
        z = z / z.square().mean(1, keepdim=True).sqrt()
        for layer in self.children():
            z = _act(layer(z))
        return z


class _Modulated(nn.Module):
    def __init__(
        self, style: int, before: int, out: int, kernel: int, *, up: bool, normal: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out, before, kernel, kernel))
        self.modulation = _Linear(style, before, 1.0)
        self.up, self.normal = up, normal

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        weight = self.weight / prod(self.weight.shape[1:]) ** 0.5
        weight = weight * self.modulation(style).view(batch, 1, channels, 1, 1)
        if self.normal:
            weight = weight * (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        out, side = weight.shape[1], weight.shape[3]
        grouped = x.reshape(1, batch * channels, height, width)
        if not self.up:
            flat = weight.reshape(batch * out, channels, side, side)
            y = F.conv2d(grouped, flat, padding=side // 2, groups=batch)
            return y.view(batch, out, height, width)
        flat = weight.transpose(1, 2).reshape(batch * channels, out, side, side)
        y = F.conv_transpose2d(grouped, flat, stride=2, groups=batch)
        y = F.conv2d(F.pad(y, (1, 1, 1, 1)), _filter(batch * out), groups=batch * out)
        return y.view(batch, out, 2 * height, 2 * width)


class _Styled(nn.Module):
    def __init__(self, style: int, before: int, out: int, *, up: bool = False) -> None:
        super().__init__()
        self.conv = _Modulated(style, before, out, 3, up=up)
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(out, 1, 1))

    def forward(self, x: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        return _act(self.conv(x, style) + self.noise_strength * noise + self.bias)


class _ToRgb(nn.Module):
    def __init__(self, style: int, before: int) -> None:
        super().__init__()
        self.conv = _Modulated(style, before, 3, 1, up=False, normal=False)
        self.bias = nn.Parameter(torch.zeros(3, 1, 1))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        y: Tensor = self.conv(x, style) + self.bias
        return y


class StyleGan2(nn.Module):
    def __init__(self, levels: int = 9, width: int = 512, most: int = 32_768) -> None:
        super().__init__()
        self.levels = levels
        self.mapping = _Mapping(width, 8)
        self.const = nn.Parameter(torch.randn(width, 4, 4))
        self.conv0, self.rgb0 = _Styled(width, width, width), _ToRgb(width, width)
        before = width
        for i in range(1, levels):
            out = min(width, most // 2 ** (i + 2))
            self.add_module(f"conv{2 * i - 1}", _Styled(width, before, out, up=True))
            self.add_module(f"conv{2 * i}", _Styled(width, out, out))
            self.add_module(f"rgb{i}", _ToRgb(width, out))
            before = out

    def forward(self, z: Tensor, *noise: Tensor) -> Tensor:
        style = self.mapping(z)
        x = self.conv0(self.const.expand(len(z), -1, -1, -1), style, noise[0])
        image: Tensor = self.rgb0(x, style)
        for i in range(1, self.levels):
            for j in (2 * i - 1, 2 * i):
                x = self.get_submodule(f"conv{j}")(x, style, noise[j])
            image = self.get_submodule(f"rgb{i}")(x, style) + _upfirdn(image)
        return image
