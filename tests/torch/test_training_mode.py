"""What operators do in training alone: statistics that follow the batch, weights left out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netlang.backends.torch import build
from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.ops.drop_connect import DropConnect
from netlang.ops.switchable_norm import SwitchableNorm
from tests.ops.torch_modules.switchable import Switchable
from tests.torch.programs import one_step


def training(op: Op, inputs: Types) -> nn.Module:
    return build(one_step(op, inputs, "step")).train()


def test_switchable_norm_trains_as_its_paper_says() -> None:
    torch.manual_seed(0)
    ours = training(SwitchableNorm(momentum=0.3), (TensorType((3, 4, 5)),))
    theirs = Switchable(3, 1e-5, 0.3).train()
    for value in theirs.parameters():
        nn.init.uniform_(value, 0.5, 1.5)
    ours.load_state_dict({f"step.{key}": value for key, value in theirs.state_dict().items()})
    for _ in range(3):
        x = 2 * torch.randn(6, 3, 4, 5) + 1
        one, two = ours(x), theirs(x)
        torch.testing.assert_close(one, two)
        target = torch.randn_like(x)
        (one * target).sum().backward()
        (two * target).sum().backward()
    for (_, mine), (_, other) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        torch.testing.assert_close(mine, other)
    assert theirs.get_buffer("running_mean").abs().min() > 0.1
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("train", [True, False])
def test_switchable_norm_of_a_large_mean_is_exact(train: bool) -> None:
    """E[x^2] - E[x]^2 would cancel: of a million, single precision leaves nothing below 0.06."""
    torch.manual_seed(0)
    ours = training(SwitchableNorm(momentum=1.0), (TensorType((3, 4, 5)),))
    exact = Switchable(3, 1e-5, 1.0).double().train()
    x = 1000 + 0.1 * torch.randn(6, 3, 4, 5)
    ours(x), exact(x.double())
    found, wanted = ours.train(train)(x).double(), exact.train(train)(x.double())
    torch.testing.assert_close(found, wanted, rtol=0, atol=5e-3)


def test_drop_connect_leaves_out_weights_for_the_whole_batch() -> None:
    torch.manual_seed(0)
    module = training(DropConnect(out=50, p=0.3), (TensorType((40,)),))
    weight, bias = module.get_parameter("step.weight"), module.get_parameter("step.bias")
    with torch.no_grad():
        summands = module(torch.zeros(3, 40))
        assert (summands == summands[0]).all()
        assert ((summands[0] == 0) | torch.isclose(summands[0], bias / 0.7)).all()
        bias.zero_()
        # One example for each input feature reads the weights themselves.
        left = module(torch.eye(40)).T
        assert ((left == 0) | torch.isclose(left, weight / 0.7)).all()
        assert abs((left == 0).float().mean() - 0.3) < 0.03
        assert not torch.equal(left, module(torch.eye(40)).T)
        torch.testing.assert_close(module.eval()(torch.eye(40)).T, weight)
