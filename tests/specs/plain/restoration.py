"""Nets that make images of images, and nets for sequences, in plain torch with the specs' keys."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

__all__ = [
    "Crnn", "CycleGenerator", "Dncnn", "Edsr", "Espcn", "NestedUNet", "Pix2Pix", "UNet3D",
    "WaveNet", "patch_discriminator",
]  # fmt: skip


def _named(**layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(layers))


def _conv(before: int, out: int, *, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(before, out, 3, padding=1, bias=bias)


class Dncnn(nn.Module):
    def __init__(self, depth: int = 17, channels: int = 1) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv(channels, 64), nn.ReLU()]
        for _ in range(depth - 2):
            layers += [_conv(64, 64, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
        self.noise = nn.Sequential(*layers, _conv(64, channels, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x - self.noise(x)
        return out


class Espcn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 64, 5, padding=2)
        self.conv2, self.conv3 = _conv(64, 32), _conv(32, 9)
        self.shuffle = nn.PixelShuffle(3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.tanh(self.conv2(torch.tanh(self.conv1(x))))
        out: Tensor = self.shuffle(self.conv3(x))
        return out


class _Scaled(nn.Module):
    def __init__(self, width: int, by: float) -> None:
        super().__init__()
        self.body, self.by = nn.Sequential(_conv(width, width), nn.ReLU(), _conv(width, width)), by

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x) * self.by
        return out


class Edsr(nn.Module):
    def __init__(self, depth: int, width: int, factor: int, by: float) -> None:
        super().__init__()
        self.head = nn.Sequential(_conv(3, width))
        units = (_Scaled(width, by) for _ in range(depth))
        self.body = nn.Sequential(*units, _conv(width, width))
        larger: list[nn.Module] = []
        for step in (2, 2) if factor == 4 else (factor,):
            larger += [_conv(width, step**2 * width), nn.PixelShuffle(step)]
        self.tail = nn.Sequential(nn.Sequential(*larger), _conv(width, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(x)
        out: Tensor = self.tail(x + self.body(x))
        return out


def patch_discriminator(channels: int, *, batch_norm: bool) -> nn.Module:
    """Conditional GANs have batch norms, CycleGAN instance norms and biases."""

    def norm(width: int) -> nn.Module:
        return nn.BatchNorm2d(width) if batch_norm else nn.InstanceNorm2d(width)

    layers: list[nn.Module] = [nn.Conv2d(channels, 64, 4, 2, 1), nn.LeakyReLU(0.2)]
    for before, stride in ((64, 2), (128, 2), (256, 1)):
        conv = nn.Conv2d(before, 2 * before, 4, stride, 1, bias=not batch_norm)
        layers += [conv, norm(2 * before), nn.LeakyReLU(0.2)]
    return _named(model=nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 1)))


class _Reflected(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            conv = nn.Conv2d(width, width, 3)
            layers += [nn.ReflectionPad2d(1), conv, nn.InstanceNorm2d(width), nn.ReLU()]
        self.conv_block = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv_block(x)
        return out


class CycleGenerator(nn.Module):
    def __init__(self, blocks: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7)]
        layers += [nn.InstanceNorm2d(width), nn.ReLU()]
        for before in (width, 2 * width):
            conv = nn.Conv2d(before, 2 * before, 3, 2, 1)
            layers += [conv, nn.InstanceNorm2d(2 * before), nn.ReLU()]
        layers += [_Reflected(4 * width) for _ in range(blocks)]
        for after in (2 * width, width):
            up = nn.ConvTranspose2d(2 * after, after, 3, 2, 1, output_padding=1)
            layers += [up, nn.InstanceNorm2d(after), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.model(x)
        return out


class Pix2Pix(nn.Module):
    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(3, width, 4, 2, 1, bias=False)
        widths = [width * times for times in (1, 2, 4, 8, 8, 8, 8, 8)]
        for i in range(2, 9):
            conv = nn.Conv2d(widths[i - 2], widths[i - 1], 4, 2, 1, bias=False)
            normed = {"norm": nn.BatchNorm2d(widths[i - 1])} if i < 8 else {}
            self.add_module(f"down{i}", _named(relu=nn.LeakyReLU(0.2), conv=conv, **normed))
        for i in range(8, 1, -1):
            before = widths[7] if i == 8 else 2 * widths[i - 1]
            up = nn.ConvTranspose2d(before, widths[i - 2], 4, 2, 1, bias=False)
            drop = {"drop": nn.Dropout(0.5)} if 4 < i < 8 else {}
            norm = nn.BatchNorm2d(widths[i - 2])
            self.add_module(f"up{i}", _named(relu=nn.ReLU(), conv=up, norm=norm, **drop))
        self.up1 = _named(relu=nn.ReLU(), conv=nn.ConvTranspose2d(2 * width, 3, 4, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        maps = []
        for i in range(1, 9):
            x = self.get_submodule(f"down{i}")(x)
            maps.append(x)
        x = self.get_submodule("up8")(maps.pop())
        for i in range(7, 0, -1):
            x = self.get_submodule(f"up{i}")(torch.cat([maps.pop(), x], 1))
        return torch.tanh(x)


class UNet3D(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.down1 = self._double(3, width, 2 * width)
        for i in range(2, 5):
            before = 2 ** (i - 1) * width
            steps = nn.MaxPool3d(2), self._double(before, before, 2 * before)
            self.add_module(f"down{i}", nn.Sequential(*steps))
        for i in (3, 2, 1):
            half = 2**i * width
            up = nn.ConvTranspose3d(2 * half, 2 * half, 2, 2, bias=False)
            self.add_module(f"up{i}", up)
            self.add_module(f"merge{i}", self._double(3 * half, half, half))
        self.mask = nn.Conv3d(2 * width, 3, 1)

    def _double(self, before: int, first: int, second: int) -> nn.Sequential:
        one, two = nn.Conv3d(before, first, 3), nn.Conv3d(first, second, 3)
        steps = (one, nn.BatchNorm3d(first), nn.ReLU(), two, nn.BatchNorm3d(second), nn.ReLU())
        return nn.Sequential(*steps)

    def forward(self, x: Tensor) -> Tensor:
        maps = []
        for i in range(1, 5):
            x = self.get_submodule(f"down{i}")(x)
            maps.append(x)
        x = maps.pop()
        for i in (3, 2, 1):
            x = self.get_submodule(f"up{i}")(x)
            fine = maps.pop()
            for axis in (2, 3, 4):
                fine = fine.narrow(axis, (fine.shape[axis] - x.shape[axis]) // 2, x.shape[axis])
            x = self.get_submodule(f"merge{i}")(torch.cat([fine, x], 1))
        out: Tensor = self.mask(x)
        return out


class NestedUNet(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.add_module("x0_0", self._double(3, width))
        for i in range(1, 5):
            double = self._double(2 ** (i - 1) * width, 2**i * width)
            self.add_module(f"x{i}_0", nn.Sequential(nn.MaxPool2d(2), double))
        for j in range(1, 5):
            for i in range(5 - j):
                own = 2**i * width
                self.add_module(f"x{i}_{j}", self._double(j * own + 2 * own, own))
        for j in range(1, 5):
            self.add_module(f"final{j}", nn.Conv2d(width, 1, 1))
        self.larger = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)

    def _double(self, before: int, out: int) -> nn.Sequential:
        first, second = _conv(before, out), _conv(out, out)
        norms = nn.BatchNorm2d(out), nn.BatchNorm2d(out)
        return nn.Sequential(first, norms[0], nn.ReLU(), second, norms[1], nn.ReLU())

    def forward(self, x: Tensor) -> list[Tensor]:
        found: dict[tuple[int, int], Tensor] = {}
        for i in range(5):
            x = self.get_submodule(f"x{i}_0")(x)
            found[i, 0] = x
        for j in range(1, 5):
            for i in range(5 - j):
                read = [*(found[i, k] for k in range(j)), self.larger(found[i + 1, j - 1])]
                found[i, j] = self.get_submodule(f"x{i}_{j}")(torch.cat(read, 1))
        return [self.get_submodule(f"final{j}")(found[0, j]) for j in range(1, 5)]


class _Read(nn.Module):
    def __init__(self, before: int, hidden: int, out: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(before, hidden, bidirectional=True, batch_first=True)
        self.embedding = nn.Linear(2 * hidden, out)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.embedding(self.rnn(x)[0])
        return out


class Crnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        narrow = ((2, 2), (2, 1), (0, 1))
        self.cnn = _named(
            conv0=_conv(1, 64), relu0=nn.ReLU(), pool0=nn.MaxPool2d(2),
            conv1=_conv(64, 128), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
            conv2=_conv(128, 256), batchnorm2=nn.BatchNorm2d(256), relu2=nn.ReLU(),
            conv3=_conv(256, 256), relu3=nn.ReLU(), pool3=nn.MaxPool2d(*narrow),
            conv4=_conv(256, 512), batchnorm4=nn.BatchNorm2d(512), relu4=nn.ReLU(),
            conv5=_conv(512, 512), relu5=nn.ReLU(), pool5=nn.MaxPool2d(*narrow),
            conv6=nn.Conv2d(512, 512, 2), batchnorm6=nn.BatchNorm2d(512), relu6=nn.ReLU(),
        )  # fmt: skip
        self.rnn = nn.Sequential(_Read(512, 256, 256), _Read(256, 256, 37))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.rnn(self.cnn(x).squeeze(2).transpose(1, 2))
        return out


class _Gated(nn.Module):
    def __init__(self, width: int, skip: int, dilation: int, *, last: bool) -> None:
        super().__init__()
        self.dilation, self.last = dilation, last
        self.filter = _named(conv=nn.Conv1d(width, width, 2, dilation=dilation))
        self.gate = _named(conv=nn.Conv1d(width, width, 2, dilation=dilation))
        if not last:
            self.residual = nn.Conv1d(width, width, 1)
        self.skip_conv = nn.Conv1d(width, skip, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        past = nn.functional.pad(x, (self.dilation, 0))
        gated = torch.tanh(self.filter(past)) * torch.sigmoid(self.gate(past))
        return x if self.last else x + self.residual(gated), self.skip_conv(gated)


class WaveNet(nn.Module):
    def __init__(self, stacks: int, dilations: int) -> None:
        super().__init__()
        self.start = _named(pad=nn.ConstantPad1d((1, 0), 0.0), conv=nn.Conv1d(256, 32, 2))
        count = stacks * dilations
        layers = (_Gated(32, 256, 2 ** (i % dilations), last=i == count - 1) for i in range(count))
        self.layers = nn.ModuleList(layers)
        one, two = nn.Conv1d(256, 256, 1), nn.Conv1d(256, 256, 1)
        self.end = _named(relu1=nn.ReLU(), conv1=one, relu2=nn.ReLU(), conv2=two)

    def forward(self, x: Tensor) -> Tensor:
        x, skips = self.start(x), []
        for layer in self.layers:
            x, skip = layer(x)
            skips.append(skip)
        out: Tensor = self.end(torch.stack(skips).sum(0))
        return out
