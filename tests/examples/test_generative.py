"""The nets of `examples/generative`: their experiment runs, and images pass for digits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import netlang
from examples.generative import recognised as experiment
from tests.train.pictures import without_pictures


def test_short_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An epoch of each net, in this process, which has imported torch."""
    monkeypatch.setattr(sys, "argv", ["recognised", "--short", "--out", str(tmp_path)])
    with without_pictures():
        experiment.main()
    said = capsys.readouterr().out
    assert [line.partition(":")[0] for line in said.splitlines() if line[0] != " "] == [
        "classifier", *experiment.OUTPUTS, "noise", "blends",
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["dcgan.png", "vae.png"]


@pytest.mark.slow
@pytest.mark.parametrize("name", experiment.OUTPUTS)
def test_the_images_are_taken_for_digits_of_all_kinds(name: str, tmp_path: Path) -> None:
    """Four of five pass, as noise may too, but for each digit some."""
    judge = netlang.train(
        experiment.FOLDER / "classifier.net", out=tmp_path / "judge", quiet=True, device="cpu"
    )
    run = netlang.train(
        experiment.FOLDER / f"{name}.net", out=tmp_path / name, quiet=True, device="cpu"
    )
    images = experiment.generated(run.torch(), name, 1000)
    shares, digits = experiment.recognised(judge.torch(), images)
    sure = shares >= experiment.LEVELS[0]
    assert float(sure.float().mean()) >= 0.8
    assert float(shares.median()) >= 0.8
    assert int(torch.bincount(digits[sure], minlength=10).min()) > 0
