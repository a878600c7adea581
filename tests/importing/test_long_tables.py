"""Modules with tables that are too long to be listed, and are said by what makes them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import netlang
from tests.importing.support import body_of, imported

SIDE = 9
PLACES = torch.stack(torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")).flatten(
    1
)
APART = PLACES[:, :, None] - PLACES[:, None]


class _Biased(nn.Module):
    """Scores of attention with biases that are taken by their distance, as LeViT has them."""

    def __init__(self) -> None:
        super().__init__()
        self.biases = nn.Parameter(torch.randn(2, SIDE**2))
        distances = APART.abs()
        self.at: Tensor
        self.register_buffer("at", distances[0] * SIDE + distances[1], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.biases[:, self.at]
        return y


class _Coded(nn.Module):
    """Adds sines of rows and cosines of columns, a table that was made before."""

    def __init__(self) -> None:
        super().__init__()
        angles = torch.arange(80.0) * torch.arange(1.0, 13.0)[:, None] / 50
        rows, columns = angles.sin()[:, :, None], angles.cos()[:, None]
        self.table = torch.cat([rows.expand(-1, -1, 80), columns.expand(-1, 80, -1)])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table


class _Distances(nn.Module):
    """Maps how far places are apart, by axis and squared, as ConViT does."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        apart = torch.cat([APART, (APART**2).sum(0, keepdim=True)]).permute(1, 2, 0).float()
        y: Tensor = x + self.project(apart).permute(2, 0, 1)
        return y


class _Pairs(nn.Module):
    """Maps how far places are apart, with all pairs in one axis, as Swin V2 of timm does."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(2, 3)
        apart = APART.permute(1, 2, 0).reshape(-1, 2).float()
        self.apart: Tensor
        self.register_buffer("apart", apart.sign() * apart.abs().log1p(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.project(self.apart).T.reshape(3, SIDE**2, SIDE**2)
        return y


class _WithToken(nn.Module):
    """Biases of a window and of a token in front of it, as BEiT has them."""

    def __init__(self) -> None:
        super().__init__()
        count = (2 * SIDE - 1) ** 2
        self.biases = nn.Parameter(torch.randn(count + 3, 2))
        at = torch.full((SIDE**2 + 1, SIDE**2 + 1), count)
        at[1:, 1:] = (APART[0] + SIDE - 1) * (2 * SIDE - 1) + APART[1] + SIDE - 1
        at[1:, 0] = count + 1
        at[0, 0] = count + 2
        self.at: Tensor
        self.register_buffer("at", at, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        biases = self.biases[self.at.view(-1)].view(*self.at.shape, -1)
        return x + biases.permute(2, 0, 1)


class _Picked(nn.Module):
    """Picks weights by how far two places are apart, as MaxViT does; none above a distance."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 25))
        apart = torch.arange(16)[:, None] - torch.arange(16) + 12
        numbers = torch.arange(25)
        self.lookup: Tensor
        self.register_buffer("lookup", (apart[:, :, None] == numbers).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + torch.einsum("nh,ixh->nix", self.weight, self.lookup)
        return y


class _Turned(nn.Module):
    """Turns pairs of features by angles of their place; Su et al. 2021, arXiv:2104.09864."""

    def forward(self, x: Tensor) -> Tensor:
        rates = 10000.0 ** -(torch.arange(0, 16, 2) / 16)
        angles = torch.cat([torch.arange(300.0)[:, None] * rates] * 2, -1)
        turned = torch.cat([-x[..., 8:], x[..., :8]], -1)
        return x * angles.cos() + turned * angles.sin()


class _Repeated(nn.Module):
    """Adds a table of two windows to those of all examples, as Transformers' Swin does."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.randn(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        windows = x.reshape(-1, 3) + self.table.repeat(x.shape[0], 1)
        return windows.relu().reshape(-1, 2, 3)


class _Filled(nn.Module):
    """Adds a table that is written into after another one was made of it."""

    def forward(self, x: Tensor) -> Tensor:
        table = torch.ones(20, 20).cumsum(0).sin()
        twice = 2 * table
        table[3:5] = 0.5
        return x + twice + table


@pytest.mark.parametrize(
    ("module", "shape", "lines"),
    [
        (_Repeated(), (2, 3), ("add { identity constant([[",)),
        (_Filled(), (20, 20), ("constant(",)),
        (
            _Turned(),
            (300, 16),
            ("arange(300, dtype=float)", "constant([1, 0.31622776, 0.1,", "concat1 -> cos"),
        ),
        (_Picked(), (3, 16, 16), ("-> equal -> to_float", '-> einsum("nh,ixh->nix")')),
        (_Biased(), (2, 81, 81), ("reshape([2, 9, 9])", "transpose([0, 1, 3, 2, 4])")),
        (_Coded(), (24, 80, 80), ("-> add (x, here) -> add",)),
        (_Distances(), (2, 81, 81), ("constant(", "project: linear(2)")),
        (_Pairs(), (3, 81, 81), ("reshape([6561, 2]) -> project: linear(3)",)),
        (_WithToken(), (2, 82, 82), ("window_offsets(9x9)", "full([1, 81]", "concat")),
    ],
)
def test_a_long_table_is_computed(
    module: nn.Module, shape: tuple[int, ...], lines: tuple[str, ...]
) -> None:
    net = imported(module, shape)
    text = " ".join(body_of(net))
    for line in lines:
        assert line in text, text[:2000]
    assert net.weights is not None
    assert set(net.weights) == set(module.state_dict())


def test_places_of_a_shorter_table_are_those_of_its_rows_and_columns() -> None:
    class Near(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.biases = nn.Parameter(torch.randn(2, 25))
            places = torch.cartesian_prod(torch.arange(5), torch.arange(5)).T
            rows, columns = (places[:, :, None] - places[:, None]).abs()
            self.at = 5 * rows + columns

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = x + self.biases[:, self.at]
            return y

    text = " ".join(body_of(imported(Near(), (2, 25, 25))))
    assert "reshape([2, 5, 5])" in text
    assert len(text) < 1000


def test_a_long_table_without_a_rule_is_refused() -> None:
    class Random(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + table

    table = torch.randn(81, 81)
    with pytest.raises(netlang.NetlangError, match="E0982"):
        imported(Random(), (81, 81))
