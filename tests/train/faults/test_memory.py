"""What an optimizer keeps of each weight is known before it has made a step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.train.files.memory import kept_of
from tests.train.support import sketch

BODY = "    input x: [40]\n    linear(8) -> relu\n    fc: linear(10)"
WORDS = (
    "sgd(lr=0.1)", "sgd(lr=0.1, momentum=0.9)", "adagrad(lr=0.1)", "adadelta(lr=0.1)",
    "adam(lr=0.1)",
    "adam(lr=0.1, amsgrad=true)", "adamw(lr=0.1)", "adamax(lr=0.1)", "nadam(lr=0.1)",
    "rmsprop(lr=0.1)", "rmsprop(lr=0.1, momentum=0.5, centered=true)", "muon(lr=0.1)",
)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_it_is_what_a_step_leaves(word: str) -> None:
    recipe, _ = sketch(BODY, f"optimizer: {word}", "no_decay: [biases]")
    model = nn.Sequential(nn.Linear(5, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    optimizer = optimization_for(recipe, torch.device("cpu")).build(model)
    expected = kept_of(optimizer)
    before = [each.clone() for each in model.parameters()]
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))
    optimizer.step()
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    for weight, kept in zip(weights, expected, strict=True):
        found = optimizer.state.get(weight, {})
        assert {n: (v.shape, v.dtype) for n, v in found.items()} == {
            n: (v.shape, v.dtype) for n, v in kept.items()
        }
