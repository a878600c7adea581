"""Gradients beside slopes: a wrong backward pass is found, and kinks are no fault."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from netlang.backends.torch import build
from netlang.backends.torch.doctor.slopes import SlopeCount, compared_gradients
from netlang.backends.torch.lowering import UNSUPPORTED
from netlang.ir.op import Case
from netlang.ops import all_operators
from tests.ops.torch_modules import samples
from tests.torch.programs import one_step
from tests.train.doctor.wrong_operators import RIGHT, WRONG


def found(operator: Callable[[Tensor], Tensor], x: Tensor) -> SlopeCount:
    """What the check finds in an operator behind a linear map and before a sum of squares."""
    x.requires_grad_()
    draws = torch.Generator().manual_seed(7)
    weight = torch.randn(5, 5, generator=draws, dtype=torch.float64).requires_grad_()

    def loss() -> Tensor:
        made = operator(x @ weight)
        return (made * torch.linspace(-1, 2, made.numel(), dtype=made.dtype).view(made.shape)).sum()

    return compared_gradients(loss, {"x": x, "weight": weight}, 8, seed=0)


def values() -> Tensor:
    draws = torch.Generator().manual_seed(3)
    return torch.randn(4, 5, generator=draws, dtype=torch.float64)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_backward_pass_is_found(name: str) -> None:
    count = found(WRONG[name], values())
    assert {each.name for each in count.wrong} == {"x", "weight"}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_one_is_left_alone(name: str) -> None:
    count = found(RIGHT[name], values())
    assert not count.wrong
    assert count.compared == 16


def test_a_kink_is_left_out() -> None:
    x = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    count = compared_gradients(lambda: x.relu().sum() + 3 * x.sum(), {"x": x}, 3, seed=0)
    assert (count.compared, count.kinks, count.wrong) == (0, 3, [])


def test_a_bend_within_the_first_width_is_no_kink() -> None:
    x = torch.tensor([4e-6], dtype=torch.float64, requires_grad=True)
    count = compared_gradients(lambda: x.relu().sum(), {"x": x}, 1, seed=0)
    assert (count.compared, count.kinks, count.wrong) == (1, 0, [])


def test_weights_that_lie_otherwise_in_memory() -> None:
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=torch.channels_last)
    x.requires_grad_()
    count = compared_gradients(lambda: x.sin().sum(), {"x": x}, 6, seed=0)
    assert (count.compared, count.wrong) == (6, [])


def test_what_is_not_reached_has_slope_0() -> None:
    x, y = (torch.ones(2, dtype=torch.float64, requires_grad=True) for _ in range(2))

    def loss() -> Tensor:
        return (x * y.detach()).sum()

    count = compared_gradients(loss, {"x": x, "y": y}, 2, seed=0)
    assert [(each.name, each.gradient, round(each.slope, 6)) for each in count.wrong] == [
        ("y", 0.0, 1.0),
        ("y", 0.0, 1.0),
    ]
    assert str(count.wrong[0]).startswith("`y[")
    assert math.isclose(count.wrong[0].slope, 1.0, rel_tol=1e-6)


NAMED = {
    f"{op.name}-{index}": case
    for op in all_operators()
    if op not in UNSUPPORTED
    for index, case in enumerate(op.cases())
}


def in_operator(case: Case) -> SlopeCount:
    """What the check finds in the weights and inputs of an operator as it is trained."""
    torch.manual_seed(0)
    module = build(one_step(case.op, case.inputs, "step")).double()
    inputs = {
        f"x{place}": value.double().requires_grad_() if value.is_floating_point() else value
        for place, value in enumerate(samples(case, 3))
    }

    def loss() -> Tensor:
        torch.manual_seed(1)
        made = module(*(value.clone() for value in inputs.values()))
        parts = [made] if isinstance(made, Tensor) else list(made)
        drawn = torch.Generator().manual_seed(2)
        return torch.stack(
            [
                (part * torch.randn(part.shape, generator=drawn, dtype=torch.float64)).sum()
                for part in parts
                if part.is_floating_point()
            ]
            or [torch.zeros((), dtype=torch.float64)]
        ).sum()

    tensors = {name: value for name, value in inputs.items() if value.requires_grad}
    tensors |= {key: value for key, value in module.named_parameters() if value.requires_grad}
    return compared_gradients(loss, tensors, 4, seed=0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of dropout in a single layer, of an even kernel that copies
@pytest.mark.parametrize("name", NAMED)
def test_every_operator_has_its_slope(name: str) -> None:
    assert not in_operator(NAMED[name]).wrong


@pytest.mark.parametrize("name", ["conv-0", "batch_norm-0", "lstm-0", "maxpool-0", "dropout-0"])
def test_some_operators_have_their_slopes(name: str) -> None:
    count = in_operator(NAMED[name])
    assert count.compared
    assert not count.wrong
