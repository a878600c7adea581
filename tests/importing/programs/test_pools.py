"""Pools that say where their maxima are, over one to three axes, of modules and of programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest
import torch
from torch import Tensor, nn

import netlang
from netlang.backends.torch.importing.holes.stub import Stub
from tests.importing.programs.support import exported, imported
from tests.importing.support import imported as imported_module

_Made: TypeAlias = Mapping[int, Callable[..., nn.Module]]
_POOLS: _Made = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
_CONVS: _Made = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_UNPOOLS: _Made = {1: nn.MaxUnpool1d, 2: nn.MaxUnpool2d, 3: nn.MaxUnpool3d}


class _Pooled(nn.Module):
    """Maxima that are put back, or whose places nothing reads."""

    def __init__(self, axes: int, *, back: bool) -> None:
        super().__init__()
        self.pool = _POOLS[axes](2, return_indices=True)
        self.conv = _CONVS[axes](3, 3, 1)
        self.unpool = _UNPOOLS[axes](2)
        self.back = back

    def forward(self, x: Tensor) -> Tensor:
        pooled, places = self.pool(x)
        y: Tensor = self.conv(pooled)
        if self.back:
            y = self.unpool(y, places, output_size=x.shape[2:])
        return y


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("as_program", [True, False])
def test_maxima_with_their_places(axes: int, back: bool, as_program: bool, tmp_path: Path) -> None:
    module, shape = _Pooled(axes, back=back), (3, 7, 6, 5)[: axes + 1]
    if as_program:
        made = imported(exported(module, shape, tmp_path / "net.pt2", any_size=False))
        assert not isinstance(made, Stub)
        net = netlang.loads(made.text)
    else:
        net = imported_module(module, shape)
    example = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(
            net.torch(module.state_dict()).eval()(example), module.eval()(example)
        )
