"""Penalties: which weights count, and how much."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.backends.torch import build
from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.train.objective import Objective
from tests.train.losses.support import BODY, normal
from tests.train.support import sketch


def penalty(expression: str, **values: Tensor) -> tuple[nn.Module, Tensor]:
    recipe, program = sketch(BODY, f"loss: cross_entropy(logits, label) + {expression}")
    model, objective = build(program), Objective(recipe, program)
    batch = Batch((normal(9, 4, 40),), {"label": torch.arange(4)})
    found = objective.values(model.train(), batch)
    plain = F.cross_entropy(found["logits"], found["label"])
    scores = objective.values(model.eval(), batch)
    torch.testing.assert_close(
        objective.loss(scores), F.cross_entropy(scores["logits"], scores["label"])
    )
    return model, objective.loss(found) - plain


@pytest.mark.parametrize(
    ("written", "counted"),
    [
        ("l1_penalty", ("body.weight", "early.weight", "logits.weight")),
        ("l1_penalty(spare=[norms])", ("body", "early", "logits")),
        ("l1_penalty(spare=none)", ("",)),
        ('l1_penalty(below=["logits", "body"])', ("body.weight", "logits.weight")),
    ],
)
def test_which_weights_are_penalised(written: str, counted: tuple[str, ...]) -> None:
    model, found = penalty(f"0.5 * {written}")
    expected = sum(
        weight.abs().sum()
        for name, weight in model.named_parameters()
        if any(name.startswith(each) for each in counted)
    )
    torch.testing.assert_close(found, 0.5 * expected)


def test_half_the_sum_of_squares_is_weight_decay() -> None:
    """One step with the penalty in the loss, one with PyTorch's weight decay."""
    model, found = penalty("0.1 * l2_penalty(spare=none)")
    gradients = torch.autograd.grad(found, list(model.parameters()), allow_unused=True)
    for weight, gradient in zip(model.parameters(), gradients, strict=True):
        assert gradient is not None
        torch.testing.assert_close(gradient, 0.1 * weight, atol=1e-6, rtol=1e-4)
