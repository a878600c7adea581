"""How the tests start several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from tests.quality import ROOT
from tests.train.world.subject import Notes

__all__ = ["compare", "launched", "notes_of", "same_run", "together"]

# Seconds that guard against a hang alone.
_PATIENCE = 600


def launched(count: int, module: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Start a module in so many processes of this host, as `torchrun` does."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "error::FutureWarning",
    }
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    return subprocess.run(
        [sys.executable, "-m", *command, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )


def together(count: int, folder: Path, *names: str) -> None:
    """Do scenarios of `subject` in so many processes."""
    done = launched(count, "tests.train.world.subject", folder, *names)
    assert done.returncode == 0, done.stderr


def notes_of(folder: Path, name: str) -> list[Notes]:
    """What each process noted of a scenario."""
    paths = sorted(folder.glob(f"{name}.[0-9].json"))
    return [Notes(**json.loads(path.read_text())) for path in paths]


def same_run(one: Path, other: Path) -> None:
    """Two runs ended alike, to the last byte of the last checkpoint."""
    for name in ("last.safetensors", "metrics.jsonl", "metrics.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    newest = [max((each / "checkpoints").iterdir()) for each in (one, other)]
    assert newest[0].name == newest[1].name
    for path in newest[0].rglob("*"):
        assert path.read_bytes() == (newest[1] / path.name).read_bytes(), path.name


def compare(many: list[Notes], one: Notes, loss: float = 1e-5, record: float = 1e-4) -> None:
    """Several processes saw the same examples in the same order, and lost as much as one did."""
    batches = zip(*(each.numbers for each in many), strict=True)
    seen = [list(chain(*slices)) for slices in batches]
    assert seen == one.numbers[-len(seen) :]
    assert {each.steps for each in many} == {one.steps}
    assert many[0].losses == pytest.approx(one.losses, rel=loss)
    assert [each["step"] for each in many[0].records] == [each["step"] for each in one.records]
    for found, expected in zip(many[0].records, one.records, strict=True):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            # Statistics of a few steps of a batch norm are much larger than what is made of them.
            assert found[name] == pytest.approx(value, rel=record), name
