"""The modules beside torchvision's: FLOPs as torch counts them, and names of auxiliary outputs.

Keys and values of all of them are compared in `tests/specs`.
"""

from __future__ import annotations

import pytest
import torch

from netlang.analysis.facts import Facts
from netlang.backends.torch import build
from netlang.elaborate import load_program
from tests.analysis.oracles import counted_flops
from tests.oracle import on_meta

NETS = ("resnet18", "resnet50", "googlenet", "mobilenet_v2")
SIZES = ((224, 224), (160, 192))


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("size", SIZES)
def test_flops_are_the_programs_macs(name: str, size: tuple[int, int]) -> None:
    program = load_program(name)
    found = counted_flops(build(program, "meta"), (1, 3, *size))
    macs = Facts(program).value("macs", dict(zip("HW", size, strict=True)))
    assert isinstance(macs, int)
    assert found == 2 * macs
    assert found == counted_flops(on_meta(name), (1, 3, *size))


def test_auxiliary_outputs_have_their_names_in_training() -> None:
    model, images = build(load_program("googlenet")), torch.zeros(2, 3, 64, 64)
    assert type(model.train()(images))._fields == ("aux1", "aux2", "logits")
    assert isinstance(model.eval()(images), torch.Tensor)
