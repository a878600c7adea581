"""Constants that a module computes while it runs, of each type, and where they are written into."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention as attention

import netlang
from netlang.diagnostics.errors import NetlangError
from tests.importing.modules import Measured


def _written_between(x: Tensor) -> Tensor:
    table = (torch.arange(144.0) / 7).sin().view(12, 12)
    y = x + table
    table.add_(1.5)
    return y * table


def _view_written(x: Tensor) -> Tensor:
    table = (torch.arange(144.0) / 7).sin()
    view = table.view(12, 12)
    y = x * view
    table.mul_(2)
    return y + view


def _part_written(x: Tensor) -> Tensor:
    table = (torch.arange(144.0) / 7).sin().view(12, 12)
    double = table * 2
    table[1:3] = 0.25
    return x + double * table.cos()


def _distances() -> Tensor:
    places = torch.arange(12)
    return (places[:, None] - places).abs()


def _floats_of_distances(x: Tensor) -> Tensor:
    return x @ (-_distances().float() * 0.3).exp()


def _scaled_distances(x: Tensor) -> Tensor:
    return x @ (_distances() * -0.3).exp()


def _divided_places(x: Tensor) -> Tensor:
    return x + (torch.arange(144) / 7).sin().view(12, 12)


def _whole_operands(x: Tensor) -> Tensor:
    return x * torch.arange(12) + torch.tensor([1, 5, 2] * 4)[:, None]


def _truth_as_operand(x: Tensor) -> Tensor:
    return x * (torch.arange(12) % 7 > 3)


def _of_doubles(x: Tensor) -> Tensor:
    return x + (torch.arange(144, dtype=torch.float64) / 7).sin().float().view(12, 12)


def _for_each_example(x: Tensor) -> Tensor:
    table = (torch.arange(144.0) / 7).sin().view(12, 12)
    return x + table.expand(x.shape[0], 2, 12, 12).exp()


def _masked(mask: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda x: attention(x, x, x, attn_mask=mask.clone())


def _learned_keys(x: Tensor) -> Tensor:
    table = torch.arange(96.0).sin().view(2, 4, 12)
    return attention(x, table, table)


HIDDEN = torch.zeros(12, 12).masked_fill(torch.arange(144).view(12, 12) % 31 == 3, -torch.inf)


@pytest.mark.parametrize(
    "function",
    [
        _written_between, _view_written, _part_written, _floats_of_distances, _scaled_distances,
        _divided_places, _whole_operands, _truth_as_operand, _of_doubles, _for_each_example,
        _masked(HIDDEN), _masked(HIDDEN + torch.arange(12.0)), _learned_keys,
    ],
)  # fmt: skip
def test_a_constant_has_the_numbers_of_the_source(function: Callable[[Tensor], Tensor]) -> None:
    module = Measured(function).eval()
    net = netlang.from_torch(module, torch.randn(2, 2, 12, 12))
    x = torch.randn(3, 2, 12, 12)
    assert net.weights is not None
    torch.testing.assert_close(net.torch(net.weights)(x), module(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x + torch.rand(12, 12), ["random numbers"]),
        (lambda x: x + torch.randperm(12), ["random numbers"]),
        (lambda x: attention(x, x, x, dropout_p=0.3), ["a dropout in training"]),
    ],
)
def test_what_is_random_is_refused(
    function: Callable[[Tensor], Tensor], words: Sequence[str]
) -> None:
    with pytest.raises(NetlangError) as caught:
        netlang.from_torch(Measured(function).eval(), torch.randn(2, 2, 12, 12))
    assert all(each in str(caught.value) for each in ["E0982", *words])


def test_a_table_that_no_machine_has_room_for_is_refused() -> None:
    def huge(x: Tensor) -> Tensor:
        table = torch.ones(1, 1, 1).expand(1 << 12, 1 << 12, 1 << 12)
        return x + (2 * table)[0, 0, :12]

    with pytest.raises(NetlangError, match="more numbers than memory has room for"):
        netlang.from_torch(Measured(huge).eval(), torch.randn(2, 2, 12, 12))


class _Attending(nn.Module):
    """Attention whose queries, keys or values are learned, by their letters."""

    def __init__(self, learned: str) -> None:
        super().__init__()
        self.learned = learned
        self.places = nn.Parameter(torch.randn(1, 2, 3, 4))

    def forward(self, x: Tensor) -> Tensor:
        places = self.places.expand(x.shape[0], -1, -1, -1)
        query, key, value = (places if each in self.learned else x.sin() for each in "qkv")
        return attention(query, key, value) + x


@pytest.mark.parametrize("learned", ["q", "k", "v", "kv", "qk", "qv"])
def test_attention_of_learned_places(learned: str) -> None:
    """The import compares the values itself."""
    net = netlang.from_torch(_Attending(learned).eval(), torch.randn(2, 2, 3, 4))
    assert net.text is not None
    assert "softmax(-1)" in net.text
