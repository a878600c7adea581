"""`seeds: 3` makes the runs that three commands would have made, and their mean."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

import pytest

import netlang
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.targets import Trained, TrainingBackend
from netlang.targets.options import RunOptions
from netlang.targets.seeds import summary, train_seeds
from tests.cli.support import Runner
from tests.train.support import sketch

SPEC = """\
net tiny(classes=10) {
    input image: [1, 8, 8]
    flatten -> linear(classes)
}

train tiny {
    model:     tiny
    data:      digits
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     50
    steps:     2
    seed:      4
    seeds:     2
}
"""


@pytest.fixture
def written(run: Runner) -> Runner:
    (run.folder / "tiny.net").write_text(SPEC, encoding="utf-8")
    return run


def weights(folder: Path) -> bytes:
    return (folder / "last.safetensors").read_bytes()


def test_the_runs_are_those_of_each_seed(written: Runner) -> None:
    folder = written.folder
    done = written("train", "tiny.net:tiny", "--out", "all", "--quiet")
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    assert lines[2].split()[:3] == ["all/seed-4", "4", "2"]
    assert lines[4].split()[:3] == ["mean", "of", "2"]
    assert lines[-1].startswith("mean of 2 seeds: test accuracy ")
    assert (folder / "all" / "runs.svg").exists()
    assert written("train", "tiny.net:tiny", "seed=5", "seeds=1", "--out", "one").status == 0
    assert weights(folder / "one") == weights(folder / "all" / "seed-5")
    assert weights(folder / "one") != weights(folder / "all" / "seed-4")
    said = written("train", "tiny.net:tiny", "seeds=3", "--out", "all", "--resume")
    told = [line for line in said.err.splitlines() if line.startswith("seed ")]
    assert told == [f"seed {3 + n}, run {n} of 3, in all/seed-{3 + n}" for n in (1, 2, 3)]
    assert (folder / "all" / "seed-6" / "last.safetensors").exists()
    seen = written("runs", ".")
    assert seen.out.count("seed-") == 3


def test_a_folder_of_one_run_is_not_taken(written: Runner) -> None:
    assert written("train", "tiny.net:tiny", "seeds=1", "--out", "one").status == 0
    for more in ((), ("--resume",)):
        said = written.refused("train", "tiny.net:tiny", "--out", "one", *more)
        assert "E0734" in said
        assert "one seed, and this one has 2" in said


def test_a_script_has_one_seed(written: Runner) -> None:
    done = written("compile", "tiny.net:tiny", "--script", "-o", "train.py")
    assert (done.status, done.err) == (0, "the script trains with seed 4 alone\n")


def test_from_python(written: Runner) -> None:
    run = netlang.train("tiny.net:tiny", out="all", quiet=True)
    assert [each.folder.name for each in run.runs] == ["seed-4", "seed-5"]
    assert run.finished
    assert run.scores["test accuracy"] == fmean(e.scores["test accuracy"] for e in run.runs)
    assert run._repr_svg_() is not None
    with pytest.raises(ValueError, match="a run for each of 2 seeds"):
        run.torch()
    assert run.runs[1].torch() is not None


def test_a_signal_ends_the_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, program = sketch("\n    input x: [40]\n    linear(10)\n", "steps: 2", "seeds: 3")
    trained: list[int] = []

    def train(recipe: Recipe, program: Program, options: RunOptions) -> Trained:
        trained.append(recipe.seed)
        scores: Mapping[str, float] = {"test loss": 1.0 + recipe.seed}
        return Trained(options.folder, signal.SIGTERM if recipe.seed else None, scores)

    backend = netlang.targets.training_backend()
    assert isinstance(backend, TrainingBackend)
    monkeypatch.setattr(type(backend), "train", staticmethod(train))
    done = train_seeds(backend, recipe, program, RunOptions(tmp_path), print)
    assert trained == [0, 1]
    assert [each.ended.signal for each in done] == [None, signal.SIGTERM]
    ended = summary(done, RunOptions(tmp_path))
    assert (ended.signal, ended.scores) == (signal.SIGTERM, {"test loss": 1.0})
    assert ended.scored == "mean of 1 seed"
    assert summary(done[1:], RunOptions(tmp_path)).scores == {}
