"""The bundled nets beside torchvision's: keys, order, shapes, outputs in both modes, FLOPs."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor, nn

from netlang.analysis.facts import Facts
from netlang.backends.torch import build
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.analysis.oracles import counted_flops
from tests.oracle import largest_difference, pictures, settle, torchvision_model, without_dropout

NETS = (
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "googlenet", "mobilenet_v2",
)  # fmt: skip
SIZES = ((224, 224), (160, 192))
# Large enough that every stage sees more than one place.
_SHAPE = (4, 3, 96, 96)


@cache
def program(name: str) -> Program:
    return load_program(name)


@cache
def theirs(name: str) -> nn.Module:
    return settle(torchvision_model(name), _SHAPE)


@cache
def ours(name: str) -> nn.Module:
    model = build(program(name))
    model.load_state_dict(theirs(name).state_dict())
    return model


@pytest.fixture(params=NETS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def images(seed: int) -> Tensor:
    return pictures(_SHAPE, 100 + seed)


def shapes(model: nn.Module, *, auxiliary: bool) -> list[tuple[str, torch.Size]]:
    return [
        (key, value.shape)
        for key, value in model.state_dict().items()
        if key.startswith("aux") == auxiliary
    ]


def test_state_is_theirs(name: str) -> None:
    found, expected = build(program(name)), torchvision_model(name)
    # torchvision lists googlenet's auxiliary heads last, the spec where they stand.
    assert shapes(found, auxiliary=False) == shapes(expected, auxiliary=False)
    assert shapes(found, auxiliary=True) == shapes(expected, auxiliary=True)
    assert {k for k, _ in found.named_buffers()} == {k for k, _ in expected.named_buffers()}


def test_outputs_agree_when_deployed(name: str) -> None:
    mine, other = ours(name).eval(), theirs(name).eval()
    with torch.no_grad():
        one, two = other(images(1)), other(images(2))
        assert largest_difference(one, two) >= 0.01
        assert largest_difference(mine(images(1)), one) <= 1e-5
        assert largest_difference(mine(images(2)), two) <= 1e-5


def test_outputs_agree_in_training(name: str) -> None:
    mine, other = ours(name).train(), theirs(name).train()
    before = {key: value.clone() for key, value in other.state_dict().items()}
    with torch.no_grad(), without_dropout(mine):
        found, expected = mine(images(1)), other(images(1))
    pairs = [(found, expected)]
    if name == "googlenet":
        pairs = [
            (found.logits, expected.logits),
            (found.aux1, expected.aux_logits1),
            (found.aux2, expected.aux_logits2),
        ]
        assert type(found)._fields == ("aux1", "aux2", "logits")
    for one, two in pairs:
        assert largest_difference(one, two) <= 1e-5
    statistics = {key: value for key, value in other.state_dict().items() if "running" in key}
    assert any(not torch.equal(value, before[key]) for key, value in statistics.items())
    for key, value in statistics.items():
        assert largest_difference(mine.state_dict()[key], value) <= 1e-5
    for model in (mine, other):
        model.load_state_dict(before)


@pytest.mark.parametrize("size", SIZES)
def test_flops_are_the_programs_macs(name: str, size: tuple[int, int]) -> None:
    found = counted_flops(build(program(name)), (1, 3, *size))
    sizes = dict(zip("HW", size, strict=True))
    macs = Facts(program(name)).value("macs", sizes)
    assert isinstance(macs, int)
    assert found == 2 * macs
    assert found == counted_flops(torchvision_model(name), (1, 3, *size))
