"""Modules whose keys are what steps without keys would be called in the spec."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.importing.support import imported


class _Scaled(nn.Module):
    """A residual whose branch is a merge with a learned scale, or a convolution."""

    def __init__(self, last: str, branch: str) -> None:
        super().__init__()
        self.add_module("0", nn.Conv2d(4, 4, 1))
        self.branch = branch
        if branch == "scale":
            self.scale = nn.Parameter(torch.rand(4, 1, 1) + 0.5)
        else:
            self.inner = nn.Conv2d(4, 4, 1)
        self.last = last
        self.add_module(last, nn.Conv2d(4, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        first, last = self.get_submodule("0"), self.get_submodule(self.last)
        x = first(x)
        changed = x.relu() * self.scale if self.branch == "scale" else self.inner(x).relu()
        y: Tensor = last(x.tanh() + changed)
        return y.sigmoid()


class _Listed(nn.Module):
    """Units in lists, which no step is called in: they are a block's calls with numbers as keys."""

    def __init__(self, last: str, units: nn.ModuleList) -> None:
        super().__init__()
        self.units = units
        self.head = _Scaled(last, "conv")

    def forward(self, x: Tensor) -> Tensor:
        units = [
            unit
            for each in self.units
            for unit in (each if isinstance(each, nn.ModuleList) else [each])
        ]
        for unit in units:
            x = unit(x)
        y: Tensor = self.head(x)
        return y


class _Same(nn.Module):
    """An identity branch whose number is a key, and a layer called as it would be then."""

    def __init__(self, layer: str) -> None:
        super().__init__()
        self.layer = layer
        self.add_module("0", nn.Conv2d(4, 4, 1))
        self.add_module("1", nn.Conv2d(4, 4, 1))
        self.add_module(layer, nn.Conv2d(4, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        first, second, third = (self.get_submodule(each) for each in ("0", "1", self.layer))
        x = first(x)
        x = x + third(x).sigmoid()
        y: Tensor = second(x)
        return y.sigmoid()


class _Hiding(nn.Module):
    """A module with a layer called as the list is whose value it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, 4, 1)
        self.last = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor, early: Tensor) -> Tensor:
        y: Tensor = self.first(x).relu() + self.last(early.sigmoid())
        return y


class _Hidden(nn.Module):
    """A list of one unit whose value is read behind a nearer label of the list's name."""

    def __init__(self, unit: nn.Module) -> None:
        super().__init__()
        self.first = nn.ModuleList([unit])
        self.inner = _Hiding()

    def forward(self, x: Tensor) -> Tensor:
        early = self.first[0](x)
        y: Tensor = self.inner(early.tanh(), early) * early
        return y


@pytest.mark.parametrize("last", [str(number) for number in range(1, 8)])
@pytest.mark.parametrize("branch", ["scale", "conv"])
def test_a_merge_with_weights_whose_number_is_a_key(last: str, branch: str) -> None:
    _agrees(_Scaled(last, branch))


@pytest.mark.parametrize("last", ["4", "5", "end"])
def test_units_of_a_list(last: str) -> None:
    _agrees(_Listed(last, nn.ModuleList(_Scaled(last, "scale") for _ in range(3))))
    pairs = (nn.ModuleList(_Scaled(last, "conv") for _ in range(2)) for _ in range(2))
    _agrees(_Listed(last, nn.ModuleList(pairs)))


@pytest.mark.parametrize("last", [str(number) for number in range(4, 12)])
def test_a_step_of_a_list_counts_where_it_is_written(last: str) -> None:
    """Loops in loops, whose counts have two names."""
    lists = nn.ModuleList(nn.ModuleList(nn.Conv2d(4, 4, 1) for _ in range(3)) for _ in range(3))
    _agrees(_Listed(last, lists))
    inner = [_Listed("5", nn.ModuleList(nn.Conv2d(4, 4, 1) for _ in range(3))) for _ in range(3)]
    _agrees(_Listed(last, nn.ModuleList(inner)))


@pytest.mark.parametrize("layer", ["same1", "same2", "same"])
def test_an_identity_whose_number_is_a_key(layer: str) -> None:
    _agrees(_Same(layer))


@pytest.mark.parametrize("unit", [nn.Conv2d(4, 4, 1), _Scaled("4", "scale")])
def test_a_value_whose_name_is_hidden(unit: nn.Module) -> None:
    _agrees(_Hidden(unit))


def _agrees(module: nn.Module) -> None:
    """Import a module; its keys and values are those of the spec."""
    net = imported(module, (4, 6, 6))
    assert net.weights is not None
    assert set(net.weights) == set(module.state_dict())
    example = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    made = net.torch(net.weights).eval()
    with torch.no_grad():
        torch.testing.assert_close(made(example), module.eval()(example))
