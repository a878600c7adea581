"""Modules that show one construct each."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "Attention",
    "Bordered",
    "Branches",
    "Dense",
    "Gate",
    "Kept",
    "Masked",
    "Measured",
    "Partly",
    "Pooled",
    "Positioned",
    "Shared",
    "Tree",
    "Unit",
    "units",
]


class Unit(nn.Module):
    """A residual unit, projected where it changes the shape."""

    def __init__(self, width: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.act = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.down = nn.Conv2d(width, out, 1, stride) if stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.down is None else self.down(x)
        out: Tensor = self.act(y)
        return out


def units() -> nn.Module:
    """Two stages and a head."""
    stages = [Unit(4, 4), Unit(4, 4), Unit(4, 8, 2), Unit(8, 8), Unit(8, 16, 2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(16, 5)]
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.Sequential(*stages), nn.Sequential(*head)
    )


class Masked(nn.Module):
    """Attention with a mask that is the same for all examples, as Transformers has it."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.mask = mask

    def forward(self, x: Tensor) -> Tensor:
        y = x.unflatten(-1, (2, 4)).transpose(1, 2)
        return F.scaled_dot_product_attention(y, y, y, attn_mask=self.mask)


class Positioned(nn.Module):
    """Codes of places, and a layer whose weight has its axes as a product has them."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = nn.Embedding(9, 6)
        self.weight = nn.Parameter(torch.randn(6, 5))
        self.bias = nn.Parameter(torch.randn(5))

    def forward(self, x: Tensor) -> Tensor:
        y = x + self.codes(torch.arange(9).unsqueeze(0))
        return torch.addmm(self.bias, y.view(-1, 6), self.weight).view(-1, 9, 5)


class Pooled(nn.Module):
    """Places that are pooled by the attention of a learned query."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.randn(1, 2, 1, 4))
        self.kv = nn.Linear(6, 16)

    def forward(self, x: Tensor) -> Tensor:
        key, value = self.kv(x).unflatten(-1, (2, 2, 4)).permute(2, 0, 3, 1, 4).unbind(0)
        query = self.query.expand(x.shape[0], -1, -1, -1)
        return F.scaled_dot_product_attention(query, key, value)


class Measured(nn.Module):
    """What a statistic of the input is."""

    def __init__(self, measure: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.measure = measure

    def forward(self, x: Tensor) -> Tensor:
        return self.measure(x)


class Gate(nn.Module):
    """Channels that are scaled by what all places say."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        self.fc1 = nn.Conv2d(8, 2, 1)
        self.fc2 = nn.Conv2d(2, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.silu(self.stem(x))
        gate = self.fc2(F.relu(self.fc1(y.mean((2, 3), keepdim=True)))).sigmoid()
        out: Tensor = (y * gate * 0.5 + 1).flatten(1)
        return out


class Dense(nn.Module):
    """A list of feature maps that grows."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(3 + 2 * i, 2, 3, padding=1) for i in range(4))

    def forward(self, x: Tensor) -> Tensor:
        found = [x]
        for layer in self.layers:
            found.append(F.relu(layer(torch.cat(found, 1))))
        return torch.cat(found, 1)


class Attention(nn.Module):
    """A token, positions, attention written out, and attention as PyTorch has it."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.places = nn.Parameter(torch.randn(1, 17, 8))
        self.qkv = nn.Linear(8, 24)
        self.proj = nn.Linear(8, 8)
        self.norm = nn.LayerNorm(8)
        self.whole = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        shape = (x.shape[0], 17, 3, 2, 4)
        query, key, value = self.qkv(x).reshape(shape).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(query, key, value)
        x = x + self.proj(y.transpose(1, 2).reshape(x.shape[0], 17, 8))
        x = self.norm(x)
        found: Tensor = self.whole(x, x, x, need_weights=False)[0]
        return found[:, 0]


class Bordered(nn.Module):
    """A learned map that gets a first row and column."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(2, 4, 4))

    def forward(self, x: Tensor) -> Tensor:
        return x + F.pad(self.table, (1, 0, 1, 0))


class Branches(nn.Module):
    """Several outputs by name, one of them from a value in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Conv2d(3, 4, 3, padding=1)
        self.deep = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())
        self.mask = nn.Conv2d(4, 1, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        low = self.trunk(x)
        high = self.deep(low)
        return {"mask": self.mask(low), "features": torch.cat([low, high], 1)}


class Shared(nn.Module):
    """One convolution that is applied twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(F.relu(self.conv(x))))


class Kept(nn.Module):
    """A learned scale, a table of numbers, and a branch that leads nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((4, 1, 1), 1e-6))
        self.conv = nn.Conv2d(4, 4, 1, bias=False)
        self.register_buffer("table", torch.arange(4.0).reshape(4, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.conv(x).exp()
        table = self.get_buffer("table")
        out: Tensor = x + self.gamma * self.conv(x + table)
        return out


class Tree(nn.Module):
    """A name that a nearer module has too."""

    def __init__(self) -> None:
        super().__init__()
        self.low = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())
        self.high = Inner()

    def forward(self, x: Tensor) -> Tensor:
        low = self.low(x)
        found: Tensor = self.high(low.tanh(), low)
        return found


class Inner(nn.Module):
    """Adds what its own `low` gives to what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.low = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())
        self.last = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor, outer: Tensor) -> Tensor:
        found: Tensor = self.last(self.low(x)) + outer
        return found


class Partly(nn.Module):
    """A module whose value is read in parts."""

    def __init__(self) -> None:
        super().__init__()
        self.units = nn.ModuleList(
            nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 1))
            for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        for unit in self.units:
            y = unit(x)
            x = torch.cat([y[:, :2] + x[:, :2], y[:, 2:]], 1)
        return x
