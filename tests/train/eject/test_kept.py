"""What a script leaves behind: checkpoints that others aren't confused with, weights of use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from netlang.backends.torch.eject import script
from netlang.backends.torch.train import evaluate, predict
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes import Recipe
from netlang.recipes.places import Places
from netlang.targets.options import PredictOptions, ScoreOptions
from tests.endless import ENDLESS
from tests.train.data.support import pictures
from tests.train.eject import test_sources
from tests.train.eject.support import losses, printed, script_losses, trained_losses
from tests.train.support import sketch

PICTURES = test_sources.PICTURES.format(3, 24, 24, 2)
VECTORS = "    input x: [40]\n    fc1: linear(16) -> relu\n    fc2: linear(10)"
SMALL = "augment: resize(24)"
GIVEN = (SMALL, 'data: image_folder("mine", validation=none, test="val")', "batch: 4", "steps: 5")


def folder(root: Path, *parts: str) -> tuple[str, ...]:
    """The options of a script for images of two classes."""
    pictures(root / "mine", parts)
    return ("--data", str(root / "mine"), "--workers", "0")


OTHERS = {
    "rate": ("optimizer: sgd(lr=0.3)", "steps: 9"),
    "batch": ("batch: 50", "steps: 9"),
    "a schedule that follows the length": ("schedule: cosine", "steps: 9"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_checkpoint_of_another_recipe(name: str, tmp_path: Path) -> None:
    first = "schedule: cosine" if "schedule" in name else "schedule: constant"
    printed(script(*sketch(VECTORS, first, "steps: 5")), tmp_path)
    other = script(*sketch(VECTORS, *OTHERS[name]))
    with pytest.raises(SystemExit, match=r"state\.pth is of another recipe or other data"):
        printed(other, tmp_path)


def test_checkpoint_of_another_net(tmp_path: Path) -> None:
    printed(script(*sketch(VECTORS, "steps: 5")), tmp_path)
    other = script(*sketch(VECTORS.replace("relu", "gelu"), "steps: 9"))
    with pytest.raises(SystemExit, match="another recipe"):
        printed(other, tmp_path)


def test_checkpoint_of_something_else(tmp_path: Path) -> None:
    torch.save({"model": {}, "epoch": 3}, tmp_path / "state.pth")
    with pytest.raises(SystemExit, match="another recipe"):
        printed(script(*sketch(VECTORS, "steps: 5")), tmp_path)


def test_checkpoint_of_other_classes(tmp_path: Path) -> None:
    options = folder(tmp_path, "train", "val")
    text = script(*sketch(PICTURES, *GIVEN))
    printed(text, tmp_path, *options)
    for part in ("train", "val"):
        first = next((tmp_path / "mine" / part).iterdir())
        first.rename(first.with_name("another"))
    with pytest.raises(SystemExit, match="other data"):
        printed(text, tmp_path, *options)


def test_longer(tmp_path: Path) -> None:
    """More steps of the same recipe go on."""
    printed(script(*sketch(VECTORS, "steps: 5")), tmp_path)
    rest = losses(printed(script(*sketch(VECTORS, "steps: 9")), tmp_path))
    assert set(rest) == {6, 7, 8, 9}


def test_two_recipes_in_a_folder(tmp_path: Path) -> None:
    """Without `--out` each has a checkpoint that is called by net and recipe."""
    names = set()
    for body, name in ((VECTORS, "sketch"), (VECTORS.replace("16", "8"), "sketch")):
        text = script(*sketch(body, "steps: 1"))
        names.add(next(line for line in text.splitlines() if "--out" in line).split('"')[3])
        assert f"{name}-{name}.pth" in names
    assert len(names) == 1


# What normalises, and whether the best weights are kept apart.
WEIGHTS = {
    "given": ("normalize: imagenet",),
    "learned": ("normalize: standardize", "schedule: plateau"),
    "none": ("normalize: none",),
    "best": ("normalize: imagenet", "validation: 0.3", "evaluate_every: 2", "ema: 0.5"),
    "averaged": ("normalize: standardize", "ema: 0.5"),
    "equally": ("normalize: standardize", "swa: 1"),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights(name: str, tmp_path: Path) -> None:
    """`predict` and `eval` take them for what those of `netlang train` are, classes and all."""
    options = folder(tmp_path, "train", "val")
    recipe, program = sketch(PICTURES, *GIVEN, *WEIGHTS[name])
    places = Places({"mine": tmp_path / "mine"})
    trained_losses(recipe, program, tmp_path / "run", places)
    shown = printed(script(recipe, program), tmp_path / "script", *options)
    found = tmp_path / "script" / "state.pth"
    if name in ("best", "averaged", "equally"):
        found = tmp_path / "script" / "state-weights.pth"
    assert str(found) in shown.splitlines()[-1]
    best = tmp_path / "run" / "best.safetensors"
    theirs = best if best.exists() else tmp_path / "run" / "last.safetensors"
    images = sorted((tmp_path / "mine" / "val").glob("*/*"))
    assert shares(recipe, program, found, images) == shares(recipe, program, theirs, images)
    scored = [
        evaluate(recipe, program, path, ScoreOptions(places, split="test", device="cpu"))
        for path in (found, theirs)
    ]
    assert scored[0].loss == scored[1].loss
    assert scored[0].accuracy == scored[1].accuracy


def shares(
    recipe: Recipe, program: Program, weights: Path, images: list[Path]
) -> list[tuple[tuple[str, float], ...]]:
    """The classes of images with their probabilities."""
    return [
        each.classes
        for each in predict(recipe, program, weights, images, PredictOptions(device="cpu"))
    ]


def test_one_part_is_not_validation_and_test(tmp_path: Path) -> None:
    """Where the one folder beside training's may be both, it is the test's, as for training."""
    data = 'data: image_folder("mine", test="val")'
    recipe, program = sketch(PICTURES, SMALL, data, "batch: 4", "steps: 5", "evaluate_every: 2")
    for number, parts in enumerate((("valid",), ("validation",), ("val", "valid"), ("val",))):
        root = tmp_path / str(number)
        options = folder(root, "train", *parts)
        places = Places({"mine": root / "mine"})
        shown = printed(script(recipe, program), root / "script", *options)
        assert losses(shown) == trained_losses(recipe, program, root / "run", places)
        assert ("validation loss" in shown) == (len(parts) > 1)
        assert "test loss" in shown


@pytest.mark.parametrize("name", ["arrays", "shards"])
def test_nor_are_arrays_and_shards(name: str, tmp_path: Path) -> None:
    write, body, lines = test_sources.CASES[name]
    root = tmp_path / "mine"
    root.mkdir()
    write(root)
    for old in root.glob("test*"):
        old.unlink()
    source = lines[0].replace('"mine"', '"mine", test="val"')
    recipe, program = sketch(body, source, *lines[1:], "steps: 5")
    options = ("--data", str(root), *(("--workers", "0") if name == "shards" else ()))
    found = script_losses(recipe, program, tmp_path / "script", *options)
    assert found == trained_losses(recipe, program, tmp_path / "run", Places({"mine": root}))
    held = "held" in script(recipe, program)
    assert held


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("schedule: warmup(3) -> cosine", "steps: 24"), "cosine begins after 24 of 24 steps"),
        (("schedule: warmup(9, unit=steps)", "epochs: 1"), "warmup ends after 9 of 8 steps"),
        (("schedule: warmup(2) -> cosine", "steps: 24"), ""),
    ],
)
def test_schedule_beyond_the_run(lines: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """What only the number of examples tells is said at the start, as training says it."""
    recipe, program = sketch(VECTORS, *lines, "batch: 500")
    text = script(recipe, program)
    if not said:
        assert len(losses(printed(text, tmp_path))) == 24
        return
    with pytest.raises(SystemExit, match=said):
        printed(text, tmp_path)
    with pytest.raises(NetlangError, match="the run ends before"):
        trained_losses(recipe, program, tmp_path / "run")


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C ends a script without a traceback; its checkpoint stays, and it goes on."""
    lines = "data: digits", "checkpoint_every: 5", "steps: 1000000"
    path = tmp_path / "train.py"
    body = "    input x: [1, 8, 8]\n    flatten -> linear(10)"
    path.write_text(script(*sketch(body, *lines)), encoding="utf-8")
    command = [sys.executable, "-u", str(path), "--every", "5"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    started = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert started.stdout is not None
    shown = [started.stdout.readline() for _ in range(4)]
    started.send_signal(signal.SIGINT)
    _, errors = started.communicate(timeout=ENDLESS)
    assert started.returncode == -signal.SIGINT
    assert errors == b""
    assert shown[-1].startswith(b"step 20: loss ")
    state = torch.load(tmp_path / "sketch-sketch.pth", weights_only=True)
    assert state["step"] >= 15
