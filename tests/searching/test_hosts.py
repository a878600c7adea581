"""Hosts that share a search: each has folders and a spec of its own, and one folder in common."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.searching.test_search import SPEC

TRIALS = 6


def host(folder: Path, shared: Path) -> subprocess.Popen[str]:
    """A process of a host that works in its own folder, begun anew or going on."""
    folder.mkdir(exist_ok=True)
    (folder / "tiny.net").write_text(SPEC.replace("steps: 4", "steps: 100"), encoding="utf-8")
    words = ("--method", "tpe", "--round", "3", "--trials", str(TRIALS), "--device", "cpu")
    command = ["search", "tiny.net:tiny", "--out", str(shared), "--resume", *words]
    return subprocess.Popen(
        [sys.executable, "-m", "netlang", *command],
        cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def told(said: str) -> list[int]:
    """The trials that a host tells of: those that it carried out."""
    return [int(number) for number in re.findall(r"^trial (\d+) of", said, re.MULTILINE)]


def table(shared: Path) -> str:
    return (shared / "trials.csv").read_text(encoding="utf-8")


@pytest.mark.slow  # five processes, each of which imports torch
def test_hosts_share_out_the_trials_and_one_may_die(tmp_path: Path) -> None:
    """No trial is made twice, and in the end they are those of one host that nobody disturbed."""
    alone = host(tmp_path / "alone", tmp_path / "whole")
    said = alone.communicate()[1]
    assert (alone.returncode, told(said)) == (0, [*range(TRIALS)])

    shared = tmp_path / "shared"
    both = [host(tmp_path / name, shared) for name in ("one", "two")]
    heard = [each.communicate()[1] for each in both]
    assert [each.returncode for each in both] == [0, 0], heard
    assert sorted(number for said in heard for number in told(said)) == [*range(TRIALS)]
    assert table(shared) == table(tmp_path / "whole")

    shutil.rmtree(shared)
    first, second = (host(tmp_path / name, shared) for name in ("one", "two"))
    while first.poll() is None and not [*shared.glob("trials/*.json")]:
        time.sleep(0.01)
    first.kill()
    before = told(first.communicate()[1])
    again = host(tmp_path / "one", shared)
    heard = [each.communicate()[1] for each in (second, again)]
    assert [each.returncode for each in (second, again)] == [0, 0], heard
    made = before + [number for said in heard for number in told(said)]
    assert len(made) == len(set(made))
    assert table(shared) == table(tmp_path / "whole")
