"""Which operators draw random numbers in training is seen by what they compute."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import Tensor

from netlang.backends.torch import build
from netlang.backends.torch.eject.net.drawing import draws, operator_draws
from netlang.backends.torch.lowering import UNSUPPORTED
from netlang.elaborate import load_program
from netlang.ir.op import Case
from netlang.ops import all_operators
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.dropout import Dropout
from netlang.ops.recurrent import Gru
from tests.ops.torch_modules import samples
from tests.torch.programs import one_step

CASES = [
    pytest.param(case, id=f"{op.name}-{index}")
    for op in all_operators()
    if op not in UNSUPPORTED
    for index, case in enumerate(op.cases())
]


def drawn(case: Case) -> bool:
    """Whether the state of PyTorch's random numbers is another one after a step in training."""
    with warnings.catch_warnings():
        # nn.RNN warns of dropout in a single layer, torch of an even kernel that copies.
        warnings.simplefilter("ignore")
        module = build(one_step(case.op, case.inputs, "step")).train()
        values: list[Tensor] = samples(case, 3)
        before = torch.get_rng_state()
        module(*values)
    return not torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("case", CASES)
def test_operators(case: Case) -> None:
    assert operator_draws(case.op) == drawn(case)


def test_chances_of_zero() -> None:
    assert not operator_draws(Dropout(p=0.0))
    assert not operator_draws(Gru(hidden=4))
    assert operator_draws(Gru(hidden=4, layers=2, dropout=0.5))
    assert not operator_draws(MultiHeadAttention(heads=2))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("resnet:resnet18", False),
        ("googlenet", True),
        ("vae", True),
        ("vit:vit_b_32", False),
        ("alexnet", True),
    ],
)
def test_nets(spec: str, expected: bool) -> None:
    assert draws(load_program(spec).net) == expected
