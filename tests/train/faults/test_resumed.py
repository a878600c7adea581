"""A run that was stopped and goes on: all that has a memory goes on where it was."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from netlang.backends.torch.train import Result, evaluate, train
from netlang.backends.torch.train.files.checkpoints import Checkpoints
from netlang.backends.torch.train.files.encoding import encode
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from netlang.targets.options import RunOptions, ScoreOptions
from tests.train.faults.subject import Listener, ended, run
from tests.train.support import sketch

BODY = "    input x: [40]\n    linear(12) -> bn -> relu -> dropout(0.5) -> linear(10)"
KEYS = ("steps: 12", "batch: 64", "validation: 0.2", "evaluate_every: 2", "checkpoint_every: 100")
MEMORIES = (
    "optimizer: sgd(lr=0.1, momentum=0.9, nesterov=true)",
    "optimizer: adam(lr=0.01, amsgrad=true)",
    "optimizer: nadam(lr=0.01)",
    "optimizer: adagrad(lr=0.1)",
    "optimizer: muon(lr=0.01)",
    "schedule: one_cycle",
    "schedule: warmup(4, unit=steps) -> cosine",
    "schedule: plateau(patience=0, threshold=0.9)",
    "precision: fp16",
    "ema: 0.5",
    "accumulate: 3",
    "clip_norm: 0.01",
)


def stopping_at(step: int) -> Listener:
    """Ctrl-C after that step."""
    return Listener(lambda done: os.kill(os.getpid(), signal.SIGTERM) if done == step else None)


def trained(out: Path, key: str, listener: Listener | None = None) -> Result:
    recipe, program = sketch(BODY, *KEYS, key)
    return train(recipe, program, RunOptions(out, resume=True, device="cpu"), listener)


@pytest.mark.parametrize("key", MEMORIES)
def test_what_has_a_memory_goes_on_with_it(tmp_path: Path, key: str) -> None:
    trained(tmp_path / "whole", key)
    # Neither after an evaluation nor after a record.
    assert trained(tmp_path / "cut", key, stopping_at(7)).steps == 7
    trained(tmp_path / "cut", key)
    assert ended(tmp_path / "cut") == ended(tmp_path / "whole")


def test_early_stopping_counts_on(tmp_path: Path) -> None:
    key = "early_stopping: 3"
    recipe, program = sketch(BODY, *KEYS, key, "optimizer: sgd(lr=1e-9)", "steps: 40")
    whole = train(recipe, program, RunOptions(tmp_path / "whole", device="cpu"))
    assert whole.steps < 40
    for cut in (whole.steps - 3, whole.steps - 1):
        train(
            recipe,
            program,
            RunOptions(tmp_path / "cut", resume=True, device="cpu"),
            stopping_at(cut),
        )
    train(recipe, program, RunOptions(tmp_path / "cut", resume=True, device="cpu"))
    assert ended(tmp_path / "cut") == ended(tmp_path / "whole")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("threads", 7, "threads 7 then, 1 now"),
        ("device", "NVIDIA X", "device NVIDIA X then, cpu now"),
        ("processes", 3, "processes 3 then, 1 now"),
        ("versions", {}, "versions"),
    ],
)
def test_another_machine_is_told(tmp_path: Path, key: str, value: Any, told: str) -> None:
    run(tmp_path / "run", stopping_at(5))
    record = tmp_path / "run" / "run.json"
    changed = json.loads(record.read_text()) | {key: value}
    record.write_text(json.dumps(changed))
    listener = Listener()
    run(tmp_path / "run", listener)
    said = [each for each in listener.said if "last bits may differ" in each]
    assert len(said) == 1
    assert told in said[0]


def test_nothing_is_told_on_the_same_machine(tmp_path: Path) -> None:
    run(tmp_path / "run", stopping_at(5))
    listener = Listener()
    run(tmp_path / "run", listener)
    assert listener.said[0] == f"resuming {tmp_path / 'run'} after step 5"
    assert not [each for each in listener.said if "differ" in each or "checkpoint" in each]


def test_the_folder_vanishes(tmp_path: Path) -> None:
    out = tmp_path / "run"
    listener = Listener(lambda done: shutil.rmtree(out) if done == 5 else None)
    with pytest.raises(NetlangError) as caught:
        run(out, listener)
    assert caught.value.diagnostics[0].code == "E0795"
    assert "No such file" in caught.value.diagnostics[0].message


@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors"])
def test_damaged_weights_are_not_scored(tmp_path: Path, name: str) -> None:
    recipe, program = load_recipe("mnist1d", ("steps=2", "validation=0.2"))
    train(recipe, program, RunOptions(tmp_path, device="cpu"))
    path = tmp_path / name
    evaluate(recipe, program, path, ScoreOptions(device="cpu"))
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(NetlangError) as caught:
        evaluate(recipe, program, path, ScoreOptions(device="cpu"))
    assert caught.value.diagnostics[0].code == "E0922"
    assert "not those that were written" in caught.value.diagnostics[0].message


def test_checkpoints_without_a_record_are_not_begun_on(tmp_path: Path) -> None:
    """They may be of another recipe, which nobody could tell any more."""
    run(tmp_path / "run", stopping_at(5))
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run")
    assert caught.value.diagnostics[0].code == "E0735"


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.prepare()
    for step in (3, 6, 6, 9, 12):
        checkpoints.write(step, encode({"x": torch.tensor(float(step))}, {}))
        kept = [int(path.name[:9]) for path in checkpoints.found()]
        assert kept == [each for each in (12, 9, 6, 3) if each <= step][:2]
