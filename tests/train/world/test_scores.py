"""Scores in several processes count each example once, also where some process has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from sklearn.metrics import confusion_matrix, log_loss

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train import evaluate
from netlang.backends.torch.train.modules import module_of
from netlang.recipes import load_recipe
from netlang.targets.options import ScoreOptions
from tests.train.support import parts_of, run, sketch
from tests.train.world import evaluated, scored
from tests.train.world.scored import LENGTHS
from tests.train.world.support import copied
from tests.warm import run_group


@pytest.mark.parametrize("sharded", [False, True])
def test_three_processes(tmp_path: Path, sharded: bool) -> None:
    copied(3, tmp_path, lambda: scored.main(tmp_path, sharded=sharded))
    found = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(3)]
    # Each process knows the same, to the last bit, so all decide alike.
    assert found[0] == found[1] == found[2]
    recipe, program = sketch("    input x: [40]\n    linear(10)")
    test = parts_of(recipe).test
    assert isinstance(test, Tensors)
    with torch.no_grad():
        outputs = module_of(program, 3).eval()(test.inputs[0]).double().softmax(1).numpy()
    labels = test.targets["label"].numpy()
    for length, (loss, accuracy, confusion) in zip(LENGTHS, found[0], strict=True):
        shares, actual = outputs[:length], labels[:length]
        assert loss == pytest.approx(log_loss(actual, shares, labels=range(10)), rel=1e-5)
        assert accuracy == pytest.approx((shares.argmax(1) == actual).mean())
        assert confusion == confusion_matrix(actual, shares.argmax(1), labels=range(10)).tolist()


def test_weights_of_a_file_are_shared_out(tmp_path: Path) -> None:
    """`eval --shard`: the scores of one process, each with its rows of the weights."""
    result = run(tmp_path / "run")
    recipe, program = load_recipe("mnist1d")
    alone = evaluate(recipe, program, result.folder.best, ScoreOptions(device="cpu"))
    copied(2, tmp_path, lambda: evaluated.main(tmp_path))
    found = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]
    held = [each.pop("held") for each in found]
    assert found[0] == found[1]
    assert (found[0]["step"], found[0]["accuracy"]) == (alone.step, alone.accuracy)
    assert found[0]["loss"] == pytest.approx(alone.loss, rel=1e-6)
    whole = sum(each.numel() for each in module_of(program, 0).parameters())
    assert sum(held) == whole
    assert max(held) < 0.7 * whole


def test_the_command_shares_them_out_too(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    command = ["eval", "mnist1d", "--weights", str(result.folder.best), "--device", "cpu"]
    done = run_group(2, "netlang", *command, "--shard")
    assert done.returncode == 0, done.stderr
    assert result.test is not None
    assert f"accuracy: {result.test.accuracy:.6g}" in done.stdout
    assert done.stdout.count("loss: ") == 1
