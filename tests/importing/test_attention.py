"""Attention whose heads share keys and values, or are joined with the batch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import netlang
from tests.importing.support import body_of, imported


class _Sharing(nn.Module):
    """Four heads of queries, and one or two of keys and values; Ainslie et al. 2023."""

    def __init__(self, heads: int, *, grouped: bool, causal: bool) -> None:
        super().__init__()
        self.heads, self.grouped, self.causal = heads, grouped, causal
        self.query = nn.Linear(8, 4 * 6)
        self.both = nn.Linear(8, 2 * heads * 6)

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(x).unflatten(-1, (4, 6)).transpose(1, 2)
        both = self.both(x).unflatten(-1, (2, self.heads, 6)).permute(2, 0, 3, 1, 4)
        keys, values = both.unbind(0)
        found: Tensor = functional.scaled_dot_product_attention(
            query, keys, values, is_causal=self.causal, enable_gqa=self.grouped
        )
        return found.transpose(1, 2).flatten(2)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("heads", "grouped", "wide"),
    [
        (1, False, "expand([4, 5, 6])"),
        (1, True, "expand([4, 5, 6])"),
        (2, True, "expand([2, 2, 5, 6])"),
        (4, True, ""),
    ],
)
def test_heads_that_share_keys(heads: int, grouped: bool, wide: str, causal: bool) -> None:
    module = _Sharing(heads, grouped=grouped, causal=causal).eval()
    net = imported(module, (5, 8))
    text = " ".join(body_of(net))
    assert text.count("expand(") == (2 if wide else 0)
    assert wide in text
    assert "-> attention" in text
    x = torch.randn((3, 5, 8), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted, got = module(x), net.torch(net.weights).eval()(x)
    assert torch.allclose(wanted, got, atol=1e-6)


def test_values_of_another_number_of_heads() -> None:
    """PyTorch repeats each of both by its own number."""

    class Uneven(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            query, keys, values = x.split([4, 1, 2], 1)
            return functional.scaled_dot_product_attention(query, keys, values, enable_gqa=True)

    net = imported(Uneven(), (7, 5, 6))
    assert isinstance(net, netlang.Net)
    assert "expand([4, 5, 6])" in " ".join(body_of(net))


class _Placed(nn.Module):
    """Scores of heads that are joined with the batch by rows; Li et al. 2022, arXiv:2112.01526."""

    def __init__(self, formula: str, *, inner: bool = False) -> None:
        super().__init__()
        self.formula, self.inner = formula, inner
        self.rows = nn.Parameter(torch.randn(5, 7, 6))

    def forward(self, x: Tensor) -> Tensor:
        heads = x.transpose(0, 1) if self.inner else x
        scores = torch.einsum(self.formula, heads.reshape(-1, 5, 4, 6), self.rows)
        joined = scores.transpose(0, 1) if self.formula.endswith("hbwk") else scores
        if self.inner:
            return joined.reshape(2, -1, 5, 4, 7).transpose(0, 1)
        return joined.reshape(-1, 2, 5, 4, 7)


@pytest.mark.parametrize(("result", "inner"), [("bhwk", False), ("bhwk", True), ("hbwk", False)])
def test_products_of_heads_that_are_joined_with_the_batch(result: str, inner: bool) -> None:
    module = _Placed(f"bhwc,hkc->{result}", inner=inner)
    net = imported(module, (2, 5, 4, 6))
    assert f'einsum("bhwc,hkc->{result}")' in " ".join(body_of(net))
    x = torch.randn((3, 2, 5, 4, 6), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted, got = module(x), net.torch(net.weights).eval()(x)
    assert torch.allclose(wanted, got, atol=1e-5)


def test_products_across_examples() -> None:
    """Heads stand outermost in one value and innermost in the other: each meets another example."""

    class Across(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            found = torch.einsum("bi,bi->bi", x.flatten(0, 1), x.transpose(0, 1).flatten(0, 1))
            pairs: Tensor = found.unflatten(0, (-1, 2))
            return pairs

    with pytest.raises(netlang.NetlangError, match=r"E0982(.|\n)*mixes examples"):
        imported(Across(), (2, 5))
