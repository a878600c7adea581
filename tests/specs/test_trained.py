"""Every weight of a bundled net is one that training changes: an output depends on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from netlang.backends.torch.run.execute import instance
from netlang.elaborate import load_program
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from netlang.modules.files import bundled_definitions
from tests.specs.settled import HUGE, outputs
from tests.specs.test_onnx import GATES, NETS


def _one_of_each_file() -> Iterator[str]:
    """The first net of each file whose weights alone aren't huge; a gate has nothing to train."""
    files = set[str]()
    for kind, name, file in bundled_definitions():
        if kind == "net" and name in NETS and name not in HUGE | GATES and file not in files:
            files.add(file)
            yield name


def _inputs(program: Program) -> list[Tensor]:
    """Inputs without memory, of two examples."""
    shapes = [(each.type.shape, each.type.dtype) for each in program.net.inputs]
    return [
        torch.empty(
            (2, *(int(evaluate(size, program.defaults)) for size in shape)),
            dtype=getattr(torch, dtype.value),
            device="meta",
        )
        for shape, dtype in shapes
    ]


@pytest.mark.parametrize("name", [*_one_of_each_file()])
def test_every_weight_is_trained(name: str) -> None:
    program = load_program(name)
    module = instance(program, "meta").train()
    total = sum(each.sum() for each in outputs(module(*_inputs(program))) if each.requires_grad)
    assert isinstance(total, Tensor)
    total.backward()
    learned = [(key, each) for key, each in module.named_parameters() if each.requires_grad]
    assert not [key for key, each in learned if each.grad is None]
