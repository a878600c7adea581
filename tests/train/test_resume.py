"""Runs that end early, by Ctrl-C or killed, and go on as if they had not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from netlang.backends.torch.train import train
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.backends.torch.train.records.progress import status_of
from netlang.backends.torch.train.storage import Json
from netlang.recipes import load_recipe
from netlang.targets.options import RunOptions
from tests.handlers import usual_handlers
from tests.quality import ROOT
from tests.train.support import SHORT, contents, run, sketch


@pytest.mark.parametrize("cut", [10, 20])
def test_resumed_from_any_checkpoint(tmp_path: Path, cut: int) -> None:
    """With momentum, a plateau and dropout: everything that has a state of its own."""
    body = "    input x: [40]\n    linear(16) -> relu -> dropout(0.5) -> linear(10)"
    keys = ("steps: 30", "optimizer: rmsprop(lr=0.01, momentum=0.5)", "batch: 64",
            "schedule: plateau(patience=0, threshold=0.5)", "evaluate_every: 4",
            "checkpoint_every: 10", "validation: 0.2")  # fmt: skip
    recipe, program = sketch(body, *keys)
    train(recipe, program, RunOptions(tmp_path / "whole", device="cpu"))
    stopped = _StopAfter(cut)
    cut_short = train(recipe, program, RunOptions(tmp_path / "cut", device="cpu"), stopped)
    assert (cut_short.steps, cut_short.finished) == (cut, False)
    train(recipe, program, RunOptions(tmp_path / "cut", resume=True, device="cpu"))
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    records = read_metrics(tmp_path / "whole" / "metrics.jsonl")
    rates = {record["lr"] for record in records if "lr" in record}
    assert len(rates) > 1


class _StopAfter:
    """Presses Ctrl-C after some steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.said: list[str] = []

    def begin(self, done: int, total: int, batch: int) -> None:
        assert done < self.steps <= total
        assert batch in (64, 100)

    def advance(self, done: int) -> None:
        if done == self.steps:
            os.kill(os.getpid(), signal.SIGINT)

    def show(self, record: Mapping[str, Json]) -> None:
        assert "loss" in status_of(record)

    def say(self, text: str) -> None:
        self.said.append(text)

    def end(self) -> None:
        self.steps = 0


# Made from the checkpoint, whatever became of them.
_REWRITTEN = (
    "last.safetensors", "best.safetensors", "metrics.jsonl", "metrics.csv", "curves.svg",
    "confusion.csv", "confusion.svg",
)  # fmt: skip


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own Ctrl-C: a process in the background of a shell starts without it."""
    with usual_handlers():
        yield


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    recipe, program = load_recipe("mnist1d", SHORT)
    progress = _StopAfter(7)
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"), progress)
    assert (result.steps, result.finished) == (7, False)
    assert progress.said == [
        f"stopped after step 7 of 30: go on with --resume --out {tmp_path / 'run'}"
    ]
    assert result.folder.last.exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("pictures")
def test_a_finished_run_stays_as_it_is(tmp_path: Path) -> None:
    run(tmp_path / "run")
    before = contents(tmp_path / "run")
    written = {name: (tmp_path / "run" / name).read_bytes() for name in _REWRITTEN}
    for name in _REWRITTEN:
        (tmp_path / "run" / name).write_bytes(b"?")
    (tmp_path / "run" / "confusion.csv").unlink()
    assert run(tmp_path / "run", resume=True).finished
    assert contents(tmp_path / "run") == before
    for name, content in written.items():
        assert (tmp_path / "run" / name).read_bytes() == content, name


def test_metrics_cut_in_the_middle_of_a_line(tmp_path: Path) -> None:
    run(tmp_path / "whole")
    recipe, program = load_recipe("mnist1d", SHORT)
    train(recipe, program, RunOptions(tmp_path / "cut", device="cpu"), _StopAfter(17))
    with (tmp_path / "cut" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 18, "loss": 1.0}\n{"step": 20, "lo')
    run(tmp_path / "cut", resume=True)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_killed_and_resumed_on_the_command_line(tmp_path: Path) -> None:
    """The campaign `tests.train.faults.kill` does it hundreds of times, without a command line."""
    changes = ("steps=60", "validation=0.2", "evaluate_every=20", "checkpoint_every=20")
    command = [sys.executable, "-m", "netlang", "train", "mnist1d", *changes, "--resume"]
    command += ["--device", "cpu", "--out", str(tmp_path / "killed")]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob("killed/checkpoints/*.safetensors")):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    recipe, program = load_recipe("mnist1d", changes)
    train(recipe, program, RunOptions(tmp_path / "whole", device="cpu"))
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
