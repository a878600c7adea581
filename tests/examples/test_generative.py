"""The nets of `examples/generative`: their experiment runs, and images pass for digits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

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
        "classifier", "real", "noise", "blends", "dcgan, seed 0", "vae, seed 0",
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["dcgan.png", "vae.png"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "share"), [("dcgan", 0.6), ("vae", 0.7)])
def test_the_images_are_digits_of_all_kinds(name: str, share: float, tmp_path: Path) -> None:
    """They are recognised surely, and nearer to the training digits than laid over each other."""
    judge = experiment.Judge(experiment.trained("classifier", tmp_path / "judge", {}).torch())
    blends = judge.look(experiment.no_digits(1000)["blends"])
    run = experiment.trained(name, tmp_path / name, {})
    found = judge.look(experiment.generated(run, name, 1000))
    assert float((found.shares >= experiment.LEVELS[-1]).float().mean()) >= share
    assert min(found.kinds) > 0
    assert found.distance < blends.distance
    assert found.nearest > 0.5  # no copies


def test_what_is_known_of_training_digits() -> None:
    """They have no distance from themselves, and pass for what they are."""
    known, held = experiment.real_digits()
    assert (len(known), len(held)) == (1438, 359)

    class Net(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            features = images.flatten(1)[:, 100:104]
            return features, 50.0 * torch.nn.functional.one_hot(features.argmax(1), 10).float()

    seen = experiment.Judge(Net()).look(known)
    assert seen.distance == pytest.approx(0.0, abs=1e-6)
    assert seen.nearest == pytest.approx(0.0, abs=1e-3)
    assert sum(seen.kinds) == 1438
    assert experiment.Judge(Net()).look(held).nearest > 0.5
