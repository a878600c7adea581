"""`swa`: equal averages of the weights at the ends of epochs, beside `torch.optim.swa_utils`."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, update_bn

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.recipes.initialize import initialize
from netlang.backends.torch.runtime.averaging import (
    average,
    averaged_pairs,
    collecting,
    trained_norms,
)
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.train import train
from netlang.backends.torch.train.devices import derived_seed
from netlang.backends.torch.train.modules import module_of
from netlang.backends.torch.train.steps import averaging
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes import Recipe
from netlang.targets.options import RunOptions
from tests.train.faults.subject import ended
from tests.train.faults.test_resumed import stopping_at
from tests.train.support import parts_of, sketch

BODY = (
    "    input x: [40]\n    fc1: linear(12) -> norm: bn -> relu -> dropout(0.2) -> fc2: linear(10)"
)
KEYS = ("batch: 2000", "epochs: 5", "swa: 3")


def by_hand(recipe: Recipe, program: Program) -> tuple[nn.Module, Tensor, Tensor]:
    """The averaged model of a recipe for five epochs, and the test part."""
    model = module_of(program, derived_seed(recipe.seed, "weights"))
    initialize(model, recipe.init, program, derived_seed(recipe.seed, "init"))
    torch.manual_seed(derived_seed(recipe.seed, "noise"))
    parts = parts_of(recipe)
    assert isinstance(parts.train, Tensors)
    assert isinstance(parts.test, Tensors)
    (x,), y = parts.train.inputs, parts.train.targets["label"]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=True)
    averaged = AveragedModel(model)
    for epoch in range(5):
        order = epoch_order(derived_seed(recipe.seed, "order"), epoch, len(x))
        for chosen in torch.as_tensor(order).split(2000):
            optimizer.zero_grad()
            F.cross_entropy(model(x[chosen]), y[chosen]).backward()
            optimizer.step()
        if epoch >= 2:
            averaged.update_parameters(model)
    update_bn(x.split(2000), averaged)
    return averaged.module.eval(), parts.test.inputs[0], parts.test.targets["label"]


def test_three_ends_of_epochs_are_those_of_torch(tmp_path: Path) -> None:
    recipe, program = sketch(BODY.replace("dropout(0.2) -> ", ""), *KEYS)
    found = train(recipe, program, RunOptions(tmp_path, device="cpu"))
    averaged, x, label = by_hand(recipe, program)
    weights = load_file(tmp_path / "last.safetensors")
    for key, value in averaged.state_dict().items():
        torch.testing.assert_close(weights[key], value, rtol=0, atol=1e-6)
    assert found.test is not None
    with torch.no_grad():
        assert found.test.loss == pytest.approx(
            float(F.cross_entropy(averaged(x), label)), rel=1e-5
        )


@pytest.mark.parametrize("step", [5, 6, 7])
def test_a_run_that_was_stopped_goes_on_with_its_average(tmp_path: Path, step: int) -> None:
    recipe, program = sketch(BODY, *KEYS, "validation: 0.2", "evaluate_every: 3")
    whole = RunOptions(tmp_path / "whole", resume=True, device="cpu")
    cut = RunOptions(tmp_path / "cut", resume=True, device="cpu")
    train(recipe, program, whole)
    assert train(recipe, program, cut, stopping_at(step)).steps == step
    train(recipe, program, cut)
    assert ended(tmp_path / "cut") == ended(tmp_path / "whole")


def test_a_signal_while_statistics_are_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, program = sketch(BODY, *KEYS)
    options = RunOptions(tmp_path / "cut", resume=True, device="cpu")
    train(recipe, program, RunOptions(tmp_path / "whole", resume=True, device="cpu"))

    def stopped(*models: nn.Module) -> list[nn.Module]:
        os.kill(os.getpid(), signal.SIGTERM)
        return [*trained_norms(*models)]

    with monkeypatch.context() as patched:
        patched.setattr(averaging, "trained_norms", stopped)
        assert train(recipe, program, options).steps == 6
    train(recipe, program, options)
    assert ended(tmp_path / "cut") == ended(tmp_path / "whole")


def test_a_norm_that_is_used_twice_has_seen_both(tmp_path: Path) -> None:
    """Of one batch of all examples: the mean of what it gets first and of what it gets then."""
    body = """    input image: [1, 8, 8]
    flatten -> norm: bn -> scale(3.0, offset=1.0) -> reuse norm -> fc: linear(10)"""
    recipe, program = sketch(body, "data: digits", "batch: 1438", "epochs: 1", "swa: 1")
    train(recipe, program, RunOptions(tmp_path, device="cpu"))
    model = module_of(program, 0)
    weights = load_file(tmp_path / "last.safetensors")
    model.load_state_dict(weights)
    part = parts_of(recipe).train
    assert isinstance(part, Tensors)
    update_bn([part.inputs[0]], model)
    for name in ("running_mean", "running_var"):
        key = f"norm.{name}"
        # PyTorch's own variance has an error of 5e-5 here.
        torch.testing.assert_close(weights[key], model.state_dict()[key], rtol=1e-4, atol=1e-6)


def test_a_last_batch_of_one_example_has_no_deviation(tmp_path: Path) -> None:
    """Training leaves it out; so do the statistics of 1,438 examples."""
    body = "    input image: [1, 8, 8]\n    flatten -> linear(10) -> bn"
    recipe, program = sketch(body, "data: digits", "batch: 1437", "epochs: 1", "swa: 1")
    train(recipe, program, RunOptions(tmp_path, device="cpu"))
    weights = load_file(tmp_path / "last.safetensors")
    assert weights["2.num_batches_tracked"] == 1


def test_until_then_the_weights_themselves_count(tmp_path: Path) -> None:
    scores = []
    for key in ("swa: 5", "swa: none"):
        recipe, program = sketch(BODY, "batch: 500", "steps: 40", key)
        out = tmp_path / key[-1]
        train(recipe, program, RunOptions(out, device="cpu", share=0.1))
        scores.append(load_file(out / "last.safetensors")["fc2.weight"])
    assert torch.equal(*scores)


def test_steps_that_make_too_few_epochs(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, "batch: 500", "steps: 10", "swa: 3")
    with pytest.raises(NetlangError) as caught:
        train(recipe, program, RunOptions(tmp_path, device="cpu"))
    assert [each.code for each in caught.value.diagnostics] == ["E0803"]


def test_a_norm_without_examples_keeps_its_statistics() -> None:
    norm = nn.BatchNorm1d(2)
    nn.init.constant_(norm.get_buffer("running_mean"), 5.0)
    collecting(trained_norms(norm, norm), 2)
    norm(torch.ones(1, 2))
    assert norm.get_buffer("running_mean").tolist() == [5.0, 5.0]
    norm(torch.ones(4, 2))
    assert norm.get_buffer("running_mean").tolist() == [1.0, 1.0]


def test_statistics_do_not_depend_on_the_number_of_processes() -> None:
    """All look at all examples, and a synchronized norm sees those of each."""

    class OfTwo(nn.BatchNorm1d):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(torch.cat([input, input]))[: len(input)]

    norm, x = OfTwo(3), torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    collecting(trained_norms(norm, norm), 2)
    norm(x)
    torch.testing.assert_close(norm.get_buffer("running_var"), x.var(0))


def test_a_tied_weight_counts_once() -> None:
    tied = "    input x: [40]\n    a: linear(40, bias=false) -> relu -> linear(40, weight=a.weight)"
    _, program = sketch(tied)
    model, averaged = (module_of(program, 0) for _ in range(2))
    for net, value in ((model, 1.0), (averaged, 0.0)):
        nn.init.constant_(net.get_parameter("a.weight"), value)
    average(averaged_pairs(averaged, model), 0.75)
    assert averaged.get_parameter("a.weight").unique().tolist() == [0.25]
