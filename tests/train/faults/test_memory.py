"""What an optimizer keeps of each weight is known before a step; memory that ends is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.train import train
from netlang.backends.torch.train.files.memory import kept_of
from netlang.backends.torch.train.memory import memory_told
from netlang.diagnostics.errors import NetlangError
from netlang.targets.options import RunOptions
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


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (lambda: torch.empty(10**15), "`cpu` has not enough memory: tried to allocate 4"),
        (
            lambda: _raise(
                torch.OutOfMemoryError(
                    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity"
                )
            ),
            "`cpu` has not enough memory: Tried to allocate 20.00 GiB",
        ),
        (lambda: _raise(MemoryError()), "`cpu` has not enough memory: no more could be had"),
    ],
)
def test_memory_that_ends_is_told(raised: Callable[[], object], told: str) -> None:
    with pytest.raises(NetlangError) as caught, memory_told(torch.device("cpu")):
        raised()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0779"
    assert diagnostic.message.startswith(told)
    with pytest.raises(RuntimeError, match="another"), memory_told(torch.device("cpu")):
        _raise(RuntimeError("another error"))


def test_a_batch_that_doesnt_fit_ends_a_run_with_a_code(tmp_path: Path) -> None:
    recipe, program = sketch("    input x: [40]\n    linear(100000000000) -> linear(10)")
    with pytest.raises(NetlangError, match="E0779"):
        train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))


def _raise(error: Exception) -> None:
    raise error
