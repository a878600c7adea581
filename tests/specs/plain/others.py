"""Autoencoders, generators, U-Net and nets for sequences in plain torch, with the specs' keys."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import Tensor, nn

__all__ = [
    "Autoencoder", "ConvAutoencoder", "Discriminator", "Generator", "Mlp1d", "Rnn1d", "UNet",
    "VariationalAutoencoder", "WordClassifier", "cnn1d", "logistic1d",
]  # fmt: skip


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        widths = (784, 1000, 500, 250, 30)
        layers: list[nn.Module] = [nn.Flatten()]
        for a, b in pairwise(widths):
            layers += [nn.Linear(a, b), nn.Sigmoid()]
        self.encoder = nn.Sequential(*layers[:-1])
        layers = []
        for a, b in pairwise(widths[::-1]):
            layers += [nn.Linear(a, b), nn.Sigmoid()]
        self.decoder = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        code = self.encoder(x)
        return [code, self.decoder(code).view_as(x)]


class ConvAutoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        )
        self.decoder = nn.Sequential(
            *(nn.ConvTranspose2d(4, 16, 2, 2), nn.ReLU()),
            *(nn.ConvTranspose2d(16, 1, 2, 2), nn.Sigmoid()),
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        code = self.encoder(x)
        return [code, self.decoder(code)]


class VariationalAutoencoder(nn.Module):
    """As deployed: the code is the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.code = nn.Module()
        self.code.add_module("1", nn.Linear(784, 400))
        self.code.mean = nn.Linear(400, 20)
        self.code.logvar = nn.Linear(400, 20)
        decoder = (nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784), nn.Sigmoid())
        self.reconstruction = nn.Sequential(*decoder)

    def forward(self, x: Tensor) -> list[Tensor]:
        hidden = torch.relu(self.get_submodule("code.1")(x.flatten(1)))
        mean, logvar = (self.get_submodule(f"code.{name}")(hidden) for name in ("mean", "logvar"))
        return [self.reconstruction(mean).view_as(x), mean, logvar]


class Generator(nn.Module):
    """DCGAN's, as in the code that came with the paper."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b, stride, border in ((100, 512, 1, 0), (512, 256, 2, 1), (256, 128, 2, 1)):
            layers += self._step(a, b, stride, border)
        layers += self._step(128, 64, 2, 1)
        last = nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False)
        self.main = nn.Sequential(*layers, last, nn.Tanh())

    def _step(self, before: int, out: int, stride: int, border: int) -> list[nn.Module]:
        conv = nn.ConvTranspose2d(before, out, 4, stride, border, bias=False)
        return [conv, nn.BatchNorm2d(out), nn.ReLU()]

    def forward(self, z: Tensor) -> Tensor:
        out: Tensor = self.main(z[:, :, None, None])
        return out


class Discriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for a in (64, 128, 256):
            conv = nn.Conv2d(a, 2 * a, 4, 2, 1, bias=False)
            layers += [conv, nn.BatchNorm2d(2 * a), nn.LeakyReLU(0.2)]
        self.main = nn.Sequential(*layers, nn.Conv2d(512, 1, 4, bias=False), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.main(x).flatten(1)
        return out


def _double(before: int, out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a in (before, out):
        layers += [nn.Conv2d(a, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1 = _double(1, 64)
        for i in range(2, 6):
            width = 64 * 2 ** (i - 1)
            pool = nn.MaxPool2d(2)
            self.add_module(f"down{i}", nn.Sequential(pool, _double(width // 2, width)))
        for i in range(4, 0, -1):
            width = 64 * 2 ** (i - 1)
            self.add_module(f"up{i}", nn.ConvTranspose2d(2 * width, width, 2, 2))
            self.add_module(f"merge{i}", _double(2 * width, width))
        self.mask = nn.Conv2d(64, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for i in range(1, 6):
            x = self.get_submodule(f"down{i}")(x)
            skips.append(x)
        for i in range(4, 0, -1):
            x = torch.cat([skips[i - 1], self.get_submodule(f"up{i}")(x)], 1)
            x = self.get_submodule(f"merge{i}")(x)
        out: Tensor = self.mask(x)
        return out


class WordClassifier(nn.Module):
    """A vector for each word, a recurrent layer, a linear map of its last state."""

    def __init__(self, recurrent: type[nn.RNNBase]) -> None:
        super().__init__()
        self.words = nn.Embedding(10_000, 64)
        # The base class is abstract in its arguments alone.
        self.recurrent = recurrent(64, 128, batch_first=True)  # type: ignore[call-arg, arg-type]  # LSTM or GRU
        self.fc = nn.Linear(128, 2)

    def forward(self, tokens: Tensor) -> Tensor:
        _, state = self.recurrent(self.words(tokens))
        last = state[0] if isinstance(state, tuple) else state
        out: Tensor = self.fc(last[-1])
        return out


def logistic1d() -> nn.Module:
    return nn.Sequential(nn.Linear(40, 10))


class Mlp1d(nn.Module):
    """The names are those of the steps: 0, 3 and 6."""

    def __init__(self) -> None:
        super().__init__()
        for name, sizes in (("0", (40, 100)), ("3", (100, 100)), ("6", (100, 10))):
            self.add_module(name, nn.Linear(*sizes))

    def forward(self, x: Tensor) -> Tensor:
        first, second, third = self.children()
        hidden = torch.relu(first(x))
        out: Tensor = third(hidden + torch.relu(second(hidden)))
        return out


def cnn1d() -> nn.Module:
    parts: dict[str, nn.Module] = {"0": nn.Unflatten(1, (1, 40))}
    for i, (before, kernel) in enumerate(((1, 5), (25, 3), (25, 3))):
        parts[f"{2 * i + 1}"] = nn.Conv1d(before, 25, kernel, 2, 1)
        parts[f"{2 * i + 2}"] = nn.ReLU()
    return nn.Sequential(OrderedDict({**parts, "7": nn.Flatten(), "8": nn.Linear(125, 10)}))


class Rnn1d(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.add_module("1", nn.GRU(1, 6, batch_first=True, bidirectional=True))
        self.add_module("3", nn.Linear(480, 10))

    def forward(self, x: Tensor) -> Tensor:
        recurrent, linear = self.children()
        out: Tensor = linear(recurrent(x[:, :, None])[0].flatten(1))
        return out
