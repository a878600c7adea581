"""A script stands by itself: clean, without netlang, resumable, for one process and several."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netlang.backends.torch.eject import script
from netlang.recipes import load_recipe
from tests.train.eject.support import complaints, losses, printed, scores
from tests.train.support import sketch

BODY = "    input x: [40]\n    fc1: linear(16) -> dropout(0.2) -> relu\n    fc2: linear(10)"
SPECS = {
    "resnet:imagenet": [],
    "googlenet:imagenet": ["validation=0.1", "ema=0.99", "precision=bf16"],
    "mnist1d": ["validation=0.2", "accumulate=2", "freeze=none", "early_stopping=3"],
    "vae": [],
    "autoencoder": [],
    "mnist1d_residual": ["normalize=standardize", "precision=fp16", "evaluate_every=7"],
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripts")
    for spec, overrides in SPECS.items():
        text = script(*load_recipe(spec, overrides))
        (folder / f"{spec.split(':')[0]}.py").write_text(text, encoding="utf-8")
    return folder


def test_clean(scripts: Path) -> None:
    assert not complaints(scripts)


def test_alone(scripts: Path) -> None:
    for path in scripts.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "netlang" not in text.split('"""', 2)[2]
        assert max(map(len, text.splitlines())) <= 100


def test_short(tmp_path: Path) -> None:
    """As many lines as a person would want to read, for each of the bundled imagenet recipes."""
    for spec in ("resnet:imagenet", "googlenet:imagenet"):
        text = script(*load_recipe(spec, []))
        assert len(text.splitlines()) <= 250
        (folder := tmp_path / "short").mkdir(exist_ok=True)
        (folder / f"{spec.split(':')[0]}.py").write_text(text, encoding="utf-8")
    assert not complaints(folder)


def test_resumed(tmp_path: Path) -> None:
    lines = "ema: 0.9", "evaluate_every: 4", "validation: 0.1", "checkpoint_every: 6"
    whole = printed(script(*sketch(BODY, *lines, "steps: 20")), tmp_path / "whole")
    begun = printed(script(*sketch(BODY, *lines, "steps: 9")), tmp_path / "parts")
    rest = printed(script(*sketch(BODY, *lines, "steps: 20")), tmp_path / "parts")
    assert losses(begun) | losses(rest) == losses(whole)
    assert set(losses(rest)) == set(range(10, 21))
    assert scores(rest)[-1] == scores(whole)[-1]


@pytest.mark.slow
def test_three_processes(tmp_path: Path) -> None:
    """The last batch of the epoch has two examples: each process computes both."""
    body = BODY.replace("dropout(0.2) -> ", "")
    lines = "augment: mixup(0.2)", "accumulate: 2", "batch: 257", "validation: 0.1", "steps: 15"
    text = script(*sketch(body, *lines))
    one = losses(printed(text, tmp_path / "one"))
    three = losses(of_processes(3, text, tmp_path / "three"))
    assert three == pytest.approx(one, rel=1e-5)
    assert len(three) == 15


@pytest.mark.slow
def test_two_processes_go_on(tmp_path: Path) -> None:
    """With the checkpoint that two processes left, or that one did."""
    body, lines = BODY.replace("dropout(0.2) -> ", ""), ("validation: 0.1", "ema: 0.9")
    short, long = (script(*sketch(body, *lines, f"steps: {n}")) for n in (9, 15))
    whole = printed(long, tmp_path / "whole")
    begun = {
        "two": of_processes(2, short, tmp_path / "two"),
        "one": printed(short, tmp_path / "one"),
    }
    for name, shown in begun.items():
        rest = of_processes(2, long, tmp_path / name)
        assert min(losses(rest)) == 10
        assert losses(shown) | losses(rest) == pytest.approx(losses(whole), rel=1e-5)
        assert scores(rest)[-1] == pytest.approx(scores(whole)[-1], rel=1e-5)


def of_processes(count: int, text: str, folder: Path) -> str:
    """What a script prints under `torchrun`; its state lies where `printed` has it.

    A process may abort when all is done and said: github.com/pytorch/pytorch/issues/190489.
    """
    folder.mkdir(exist_ok=True)
    path = folder / "train.py"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    options = "--device", "cpu", "--every", "1", "--out", str(folder / "state.pth")
    done = subprocess.run(
        [*command, str(count), str(path), *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
    )
    assert "steps: weights" in (done.stdout.splitlines() or [""])[-1], done.stderr
    return done.stdout
