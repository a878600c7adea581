"""Terms of a loss whose weight rises at the beginning of training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from netlang.backends.torch.train import train
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.check import check_recipe
from netlang.targets.options import RunOptions
from tests.train.eject.test_losses import alike
from tests.train.support import sketch
from tests.train.test_step import BODY, by_hand, fresh, same_weights

LOSS = "cross_entropy(output, label) + 0.5 * warmup(4, start=0, unit=steps) * value(abs(output))"


def test_the_weight_is_a_straight_line_and_then_whole(tmp_path: Path) -> None:
    """0, 1/4, 1/2, 3/4 and then 1, times 0.5: the run is that of a loop by hand, bit for bit."""
    recipe, program = sketch(BODY, f"loss: {LOSS}", "steps: 10", "optimizer: sgd(lr=0.125)")
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    model = fresh(recipe, program)
    optimizer = torch.optim.SGD(model.parameters(), 0.125, fused=True)

    def step(number: int, x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        logits = model(x)
        weight = 0.5 * (min(number, 4) / 4)
        loss: Tensor = F.cross_entropy(logits, y) + weight * logits.abs().mean()
        loss.backward()
        optimizer.step()
        found: Tensor = loss.detach()
        return found

    by_hand(recipe, program, 10, step)
    same_weights(tmp_path / "run" / "last.safetensors", model)
    assert "warmup(length=4, start=0.0, unit=steps)" in recipe.describe()["loss"]


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("warmup(20, unit=steps) * cross_entropy", "E0724"),
        ("warmup(2) * warmup(3) * cross_entropy", "E0710"),
        ("warmup(2) * (warmup(3) * cross_entropy)", "E0710"),
    ],
)
def test_what_is_no_warmup_of_the_run(loss: str, code: str) -> None:
    try:
        found = check_recipe(*sketch(BODY, f"loss: {loss}", "steps: 10"))
    except NetlangError as error:
        found = list(error.diagnostics)
    assert [each.code for each in found] == [code]


@pytest.mark.parametrize("loss", [LOSS, "cross_entropy - warmup(1, start=0.3) * 0.5 * l2_penalty"])
def test_a_script_rises_alike(loss: str, tmp_path: Path) -> None:
    recipe, program = sketch(BODY, f"loss: {loss}", "batch: 500", "steps: 12", "validation: 0.1")
    assert alike(recipe, program, tmp_path) == 12
