"""`netlang eval --ensemble`: the mean of several nets, beside the same by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.backends.torch import build
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train import evaluate, train
from netlang.ir.program import Program
from netlang.recipes import Recipe
from netlang.targets.options import RunOptions, ScoreOptions
from tests.cli.support import Runner
from tests.train.support import parts_of, sketch

BODY = "    input image: [1, 8, 8]\n    flatten -> linear(10)"
KEYS = ("data: digits", "normalize: standardize")


def members(program: Program, folder: Path, count: int) -> tuple[list[nn.Module], list[Path]]:
    """Nets with weights drawn by chance, and their files."""
    torch.manual_seed(5)
    nets = [build(program).eval() for _ in range(count)]
    files = [folder / f"{number}.pth" for number in range(count)]
    for net, file in zip(nets, files, strict=True):
        torch.save(net.state_dict(), file)
    return nets, files


def scored(recipe: Recipe, program: Program, files: list[Path]) -> tuple[float, float]:
    options = ScoreOptions(device="cpu", quiet=True, ensemble=tuple(files[1:]))
    found = evaluate(recipe, program, files[0], options)
    assert found.accuracy is not None
    return found.loss, found.accuracy


def part_for_test(recipe: Recipe) -> tuple[Tensor, Tensor]:
    """The images and labels of the test part."""
    part = parts_of(recipe).test
    assert isinstance(part, Tensors)
    return part.inputs[0], part.targets["label"]


def standardized(recipe: Recipe, x: Tensor) -> Tensor:
    """Images less the mean of the training part, by its deviation."""
    part = parts_of(recipe).train
    assert isinstance(part, Tensors)
    (seen,) = part.inputs
    return (x - seen.mean()) / seen.std(correction=0)


def test_the_mean_of_probabilities(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, *KEYS)
    nets, files = members(program, tmp_path, 3)
    x, label = part_for_test(recipe)
    given = standardized(recipe, x)
    with torch.no_grad():
        shares = torch.stack([net(given).softmax(1) for net in nets]).mean(0)
    loss, accuracy = scored(recipe, program, files)
    assert loss == pytest.approx(float(F.nll_loss(shares.log(), label)), rel=1e-4)
    assert accuracy == pytest.approx(float((shares.argmax(1) == label).double().mean()))


def test_each_net_is_normalized_as_in_its_training(tmp_path: Path) -> None:
    files, given = [], []
    for name, keys in (("with", KEYS), ("without", KEYS[:1])):
        recipe, program = sketch(BODY, *keys, "steps: 3")
        train(recipe, program, RunOptions(tmp_path / name, device="cpu", quiet=True))
        files.append(tmp_path / name / "last.safetensors")
        given.append((recipe, program))
    recipe, program = given[0]
    x, label = part_for_test(recipe)
    shares = []
    for file, inputs in zip(files, (standardized(recipe, x), x), strict=True):
        weights = load_file(file)
        logits = F.linear(inputs.flatten(1), weights["1.weight"], weights["1.bias"])
        shares.append(logits.softmax(1))
    loss, _ = scored(recipe, program, files)
    assert loss == pytest.approx(
        float(F.nll_loss(torch.stack(shares).mean(0).log(), label)), rel=1e-4
    )


def test_a_net_with_itself_is_that_net(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, *KEYS)
    _, (file,) = members(program, tmp_path, 1)
    assert scored(recipe, program, [file, file]) == pytest.approx(scored(recipe, program, [file]))


def test_no_ensemble_of_shards(run: Runner) -> None:
    done = run("eval", "mnist1d", "--weights", "a", "--ensemble", "b", "--shard")
    assert done.status == 2
    assert "--shard is for a net alone" in done.err
