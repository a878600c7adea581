"""Hosts that share a search: each has folders and a spec of its own.

What they have in common is one folder, or a database alone.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.searching.test_search import SPEC

TRIALS = 6


def host(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A process of a host that works in its own folder, begun anew or going on."""
    folder.mkdir(exist_ok=True)
    spec = SPEC.replace("steps:      4", "steps:      100")
    (folder / "tiny.net").write_text(spec, encoding="utf-8")
    command = ["search", "tiny.net:tiny", "--resume", "--device", "cpu", *words]
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
    words = ("--method", "tpe", "--round", "3", "--trials", str(TRIALS), "--out")
    alone = host(tmp_path / "alone", *words, str(tmp_path / "whole"))
    said = alone.communicate()[1]
    assert (alone.returncode, told(said)) == (0, [*range(TRIALS)])

    shared = tmp_path / "shared"
    both = [host(tmp_path / name, *words, str(shared)) for name in ("one", "two")]
    heard = [each.communicate()[1] for each in both]
    assert [each.returncode for each in both] == [0, 0], heard
    assert sorted(number for said in heard for number in told(said)) == [*range(TRIALS)]
    assert table(shared) == table(tmp_path / "whole")

    shutil.rmtree(shared)
    first, second = (host(tmp_path / name, *words, str(shared)) for name in ("one", "two"))
    while first.poll() is None and not [*shared.glob("trials/*.json")]:
        time.sleep(0.01)
    first.kill()
    before = told(first.communicate()[1])
    again = host(tmp_path / "one", *words, str(shared))
    heard = [each.communicate()[1] for each in (second, again)]
    assert [each.returncode for each in (second, again)] == [0, 0], heard
    made = before + [number for said in heard for number in told(said)]
    assert len(made) == len(set(made))
    assert table(shared) == table(tmp_path / "whole")


KILLS = 4
PLANS = {
    "random": (),
    "coarse-to-fine": (),
    "halving": ("--eta", "2"),
    "tpe": ("--round", "3"),
    "cmaes": ("--round", "3"),
}


@pytest.mark.slow  # seven processes and more, each of which imports torch
@pytest.mark.parametrize("method", PLANS)
def test_hosts_with_a_database_may_die_at_any_time(tmp_path: Path, method: str) -> None:
    """They come back but for one, which others do without when it gave no sign of life for long."""
    generator = random.Random(method)
    plan = ("--method", method, "--trials", str(TRIALS), *PLANS[method], "--out", "s")
    alone = host(tmp_path / "alone", *plan)
    alone.communicate()
    expected = table(tmp_path / "alone/s")

    database = tmp_path / "trials.db"
    words = (*plan, "--storage", f"sqlite:///{database}")
    hosts = {name: host(tmp_path / name, *words) for name in ("one", "two", "lost")}
    for kill in range(KILLS):
        time.sleep(generator.uniform(0, 8))
        name = "lost" if kill == 0 else generator.choice(("one", "two"))
        hosts[name].kill()
        hosts[name].communicate()
        if kill == 0:
            del hosts[name]
        else:
            hosts[name] = host(tmp_path / name, *words)
    while any(each.poll() is None for each in hosts.values()):
        time.sleep(1)
        silence(database, tmp_path / "lost/s")
    heard = [each.communicate()[1] for each in hosts.values()]
    assert [each.returncode for each in hosts.values()] == [0, 0], heard
    assert [table(tmp_path / name / "s") for name in hosts] == [expected] * 2
    made = [(claim["trial"], claim["stage"]) for claim in ended(database)]
    assert len(made) == len(set(made))


def silence(database: Path, folder: Path) -> None:
    """Make the last sign of life of a host long ago."""
    with closing(sqlite3.connect(database, timeout=60)) as opened:
        opened.execute(
            "UPDATE trial_heartbeats SET heartbeat = '2000-01-01 00:00:00' WHERE trial_id IN"
            " (SELECT trial_id FROM trial_user_attributes WHERE value_json LIKE ?)",
            (f"%{folder}/%",),
        )
        opened.commit()


def ended(database: Path) -> list[dict[str, Any]]:
    """The claims of a study that have a result."""
    with closing(sqlite3.connect(database, timeout=60)) as opened:
        rows = opened.execute(
            "SELECT value_json FROM trial_user_attributes WHERE key = 'netlang claim' AND trial_id"
            " IN (SELECT trial_id FROM trial_user_attributes WHERE key = 'netlang result')"
        ).fetchall()
    return [json.loads(json.loads(text)) for (text,) in rows]
