"""How the tests start several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from itertools import chain
from pathlib import Path
from typing import NoReturn

import pytest
from torch import _dynamo
from torch._C._distributed_c10d import TCPStore
from torch.distributed import checkpoint, fsdp

from tests.endless import ENDLESS
from tests.quality import ROOT
from tests.train.faults.together import join
from tests.train.world import subject
from tests.train.world.subject import Notes

__all__ = ["compare", "copied", "launched", "notes_of", "same_run", "together"]

# Each copy would import them again.
_LOADED = (_dynamo, checkpoint, fsdp)


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
        timeout=ENDLESS,
    )


def together(count: int, folder: Path, *names: str) -> None:
    """Do scenarios of `subject` in so many processes."""
    copied(count, folder, lambda: subject.main(folder, *names))


def copied(count: int, folder: Path, work: Callable[[], object]) -> None:
    """Do something in so many copies of this process, which has imported all, as `torchrun` would.

    What they say goes to files in the folder, and is told where one of them fails.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    children: dict[int, Path] = {}
    for rank in range(count):
        said = folder / f"said.{rank}"
        with warnings.catch_warnings():
            # From Python 3.12 on; no thread of this process holds anything that the child needs.
            warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
            child = os.fork()
        if child == 0:
            join(rank, count, store.port)
            _one(said, work)
        children[child] = said
    statuses = {said: os.waitpid(child, 0)[1] for child, said in children.items()}
    assert not any(statuses.values()), "".join(said.read_text() for said in statuses)


def _one(said: Path, work: Callable[[], object]) -> NoReturn:
    status = 1
    try:
        with said.open("w", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("default")
                    warnings.simplefilter("error", FutureWarning)
                    work()
                status = 0
            except BaseException:
                traceback.print_exc()
    finally:
        os._exit(status)


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
