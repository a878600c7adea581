"""Other sizes with smoothing, as codes of positions get them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import netlang
from tests.importing.support import body_of, imported


class _Resized(nn.Module):
    """An image and a learned code, of which each gets the size of the other or half of it."""

    def __init__(self, mode: str, *, corners: bool, factor: float | None) -> None:
        super().__init__()
        self.code = nn.Parameter(torch.randn(1, 3, 5, 4))
        self.mode, self.corners, self.factor = mode, corners, factor

    def _to(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        known = {"size": size} if self.factor is None else {"scale_factor": self.factor}
        return functional.interpolate(
            x, mode=self.mode, align_corners=self.corners, antialias=True, **known
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self._to(x, (5, 4)), x.mean((2, 3), keepdim=True) * self._to(self.code, (8, 9))


@pytest.mark.parametrize("factor", [None, 0.6, 1.7])
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_a_size_with_smoothing(mode: str, corners: bool, factor: float | None) -> None:
    module = _Resized(mode, corners=corners, factor=factor).eval()
    net = imported(module, (3, 8, 9))
    assert "matmul" in " ".join(body_of(net))
    x = torch.randn((3, 3, 8, 9), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted, got = module(x), net.torch(net.weights).eval()(x)
    for one, other in zip(wanted, got, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_a_size_whose_table_is_long() -> None:
    """It has a number for each place before and each behind."""
    module = _Resized("bicubic", corners=False, factor=1.0 + 1 / 65).eval()
    with pytest.raises(netlang.NetlangError, match=r"E0982(.|\n)*a table of more than"):
        imported(module, (3, 8, 65))
