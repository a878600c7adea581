"""`snapshots`: the weights after each cosine wave, which `eval --ensemble` scores together."""

from __future__ import annotations

import os
import signal
from math import cos, pi
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.eject import script
from netlang.backends.torch.train import train
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.words.rates import cosine_restarts, ends_wave
from netlang.targets.options import RunOptions
from tests.cli.support import Runner
from tests.train.eject.support import printed
from tests.train.faults.subject import Listener, ended
from tests.train.support import parts_of, sketch

BODY = "    input x: [40]\n    fc: linear(10)"
WAVES = "schedule: warmup(2, unit=steps) -> cosine(restart=3, growth=2, unit=steps)"


@pytest.mark.parametrize(("first", "growth"), [(5, 1), (3, 2), (1, 3)])
def test_ends_of_waves_are_where_the_rate_is_lowest(first: int, growth: int) -> None:
    """The rate of the next step is that of the start again: (1 + cos 0) / 2."""
    ends = [step for step in range(1, 80) if ends_wave(step, first, growth)]
    assert ends == [step for step in range(1, 80) if cosine_restarts(step, first, growth) == 1.0]
    length = first
    for end in ends:
        assert cosine_restarts(end - 1, first, growth) == (1 + cos(pi * (length - 1) / length)) / 2
        length *= growth


def test_weights_after_each_wave(tmp_path: Path) -> None:
    """Waves of 3, 6 and 12 steps after a warmup of 2: the last isn't over."""
    recipe, program = sketch(BODY, WAVES, "snapshots: true", "steps: 15")
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    kept = sorted((tmp_path / "run" / "snapshots").iterdir())
    assert [path.stem for path in kept] == ["000000005", "000000011"]
    shorter, _ = sketch(BODY, WAVES, "steps: 11")
    train(shorter, program, RunOptions(tmp_path / "short", device="cpu"))
    expected = load_file(tmp_path / "short" / "last.safetensors")
    assert torch.equal(load_file(kept[1])["fc.weight"], expected["fc.weight"])


def test_a_run_that_was_stopped_has_the_same(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, WAVES, "snapshots: true", "steps: 15", "checkpoint_every: 4")
    whole = RunOptions(tmp_path / "whole", resume=True, device="cpu")
    cut = RunOptions(tmp_path / "cut", resume=True, device="cpu")
    train(recipe, program, whole)

    def each(done: int) -> None:
        if done == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    train(recipe, program, cut, Listener(each))
    train(recipe, program, cut)
    assert ended(tmp_path / "cut") == ended(tmp_path / "whole")


def test_together_in_one_command(
    tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = ("schedule=cosine(restart=5, unit=steps)", "snapshots=true", "steps=15", "arch=logistic")
    assert run("train", "mnist1d", *keys, "--out", "run", "--device", "cpu").status == 0
    done = run("eval", "mnist1d", *keys, "--ensemble", "run/snapshots", "--device", "cpu")
    assert "scored 3 nets together" in done.err
    recipe, _ = sketch(BODY)
    part = parts_of(recipe).test
    assert isinstance(part, Tensors)
    nets = [load_file(path) for path in sorted(Path("run/snapshots").iterdir())]
    logits = [F.linear(part.inputs[0], net["0.weight"], net["0.bias"]) for net in nets]
    shares = torch.stack([each.softmax(1) for each in logits]).mean(0)
    loss = float(F.nll_loss(shares.log(), part.targets["label"]))
    assert f"loss: {loss:.4g}" in done.out


def test_no_weights_in_the_folder(tmp_path: Path, run: Runner) -> None:
    for more in ((), ("--weights", "a.pth")):
        done = run("eval", "mnist1d", "--ensemble", str(tmp_path), *more)
        assert done.status == 2
        assert "no .safetensors in" in done.err


def test_weights_given_twice(run: Runner) -> None:
    done = run("eval", "mnist1d", "--weights", "a.pth", "--ensemble", "./a.pth")
    assert done.status == 2
    assert "a.pth is given twice" in done.err


def test_no_weights_that_are_not_numbers_are_kept(tmp_path: Path) -> None:
    """The wave ends before the record that would tell that the loss isn't finite."""
    keys = ("optimizer: sgd(lr=1e30)", WAVES, "snapshots: true", "steps: 15")
    recipe, program = sketch(BODY.replace("linear", "linear(9) -> linear"), *keys)
    with pytest.raises(NetlangError, match="at step"):
        train(recipe, program, RunOptions(tmp_path, device="cpu"))
    assert not (tmp_path / "snapshots").exists()


TWICE = (
    "schedule: warmup(2, unit=steps) -> cosine(restart=3, growth=2, length=10, unit=steps)"
    " -> cosine(restart=4, unit=steps)"
)


@pytest.mark.parametrize("waves", [WAVES, TWICE, "schedule: cosine(restart=7, unit=steps)"])
def test_a_script_keeps_the_same(tmp_path: Path, waves: str) -> None:
    recipe, program = sketch(BODY, waves, "snapshots: true", "steps: 21")
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    printed(script(recipe, program), tmp_path / "script")
    kept = sorted((tmp_path / "run" / "snapshots").iterdir())
    made = sorted((tmp_path / "script").glob("state-*.pth"))
    assert len(kept) > 1
    assert [f"state-{path.stem}.pth" for path in kept] == [path.name for path in made]
    for one, other in zip(kept, made, strict=True):
        weights = torch.load(other, weights_only=True)["model"]
        assert torch.equal(load_file(one)["fc.weight"], weights["fc.weight"])
