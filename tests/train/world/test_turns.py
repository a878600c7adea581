"""Steps that take turns in several processes: as in one, and resumed in another number of them."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
import torch

from netlang.backends.torch.train import loop, train
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.backends.torch.train.storage import load_tensors
from netlang.ir.program import Program
from netlang.recipes import Recipe
from netlang.targets.options import RunOptions
from tests.train.test_turns import ADAM, BCE, NET, game
from tests.train.world.support import copied

# The last batch of an epoch, the fifth, has two examples: of three processes, one has none.
UNEVEN = ("batch: 359", "steps: 6")
EVERY_STEP = ("evaluate_every: 3", "checkpoint_every: 4")
PENALTY = (
    "loss: value(fake_score) - value(real_score)"
    f" + 10 * gradient_penalty(between_score, between); {ADAM}",
    f"loss: -value(fake_score); {ADAM}; every: 2",
)
CLIPPED = (
    "loss: value(fake_score) - value(real_score); optimizer: rmsprop(lr=0.002); clip_weights: 0.05",
    "loss: -value(fake_score); optimizer: rmsprop(lr=0.002); every: 3",
)


def dcgan() -> tuple[Recipe, Program]:
    """With statistics of batches that all processes share."""
    keys = ("sync_batch_norm: true", "ema: 0.9", "clip_norm: 1", 'samples: grid("fake", count=4)')
    return game(*BCE, *UNEVEN, *EVERY_STEP, *keys)


def clipped() -> tuple[Recipe, Program]:
    """Without batch norms, so that the net isn't run where there are no examples."""
    net = NET.replace("bn -> relu", "relu")
    return game(*CLIPPED, *UNEVEN, *EVERY_STEP, "accumulate: 2", norm=False, net=net)


def penalized() -> tuple[Recipe, Program]:
    """The gradient of the penalty goes through statistics that are shared."""
    return game(*PENALTY, *UNEVEN, *EVERY_STEP, "sync_batch_norm: true")


GAMES = {"dcgan": dcgan, "clipped": clipped, "penalized": penalized}


def play(folder: Path, *names: str, share: float = 1.0, resume: bool = False) -> None:
    torch.set_num_threads(1)
    for name in names:
        options = RunOptions(folder / name, device="cpu", share=share, resume=resume)
        with patch.object(loop, "_RECORD_EVERY", 1):
            train(*GAMES[name](), options)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    play(folder, *GAMES)
    return folder


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("three")
    copied(3, folder, lambda: play(folder, *GAMES))
    return folder


def same(found: Path, wanted: Path) -> None:
    """The same losses of all steps, and their weights but for rounding."""
    records = [read_metrics(each / "metrics.jsonl") for each in (found, wanted)]
    assert len(records[0]) == len(records[1])
    for own, other in zip(*records, strict=True):
        assert own == pytest.approx(other, rel=1e-5, abs=1e-6), own
    weights = [load_tensors(each / "last.safetensors")[0] for each in (found, wanted)]
    for key, value in weights[0].items():
        torch.testing.assert_close(value, weights[1][key], rtol=1e-4, atol=1e-5, msg=key)


@pytest.mark.parametrize("name", GAMES)
def test_three_processes_play_as_one(name: str, one: Path, three: Path) -> None:
    same(three / name, one / name)


def test_the_first_process_draws_samples(one: Path, three: Path) -> None:
    pictures = [each / "dcgan" / "samples" / "step_0000006.png" for each in (one, three)]
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_another_number_of_processes_goes_on(one: Path, tmp_path: Path) -> None:
    """One begins, two go on, and the other way around."""
    play(tmp_path / "a", "clipped", share=0.5)
    (tmp_path / "b").mkdir()
    copied(2, tmp_path, lambda: play(tmp_path / "b", "clipped", share=0.5))
    copied(2, tmp_path, lambda: play(tmp_path / "a", "clipped", resume=True))
    play(tmp_path / "b", "clipped", resume=True)
    for name in "ab":
        same(tmp_path / name / "clipped", one / "clipped")
