"""Processes of a search: all of them end with the one that started them, and none is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netlang
from netlang.processes.signals import caught_signals, heeded_signals
from netlang.searching import processes
from netlang.searching.methods.method import SearchPlan
from netlang.searching.processes import work_in_processes
from netlang.searching.question import Question
from netlang.searching.shared.files import FolderSharing
from netlang.searching.working import Machine
from tests.cli.support import Runner
from tests.handlers import usual_handlers
from tests.searching.test_search import SPEC

# What a process does in place of trials: it waits for the end of its input, and leaves a file.
CHILD = """\
import json, signal, sys
order = json.loads(sys.stdin.buffer.readline())
held = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
name = order["device"]
if name == "broken":
    sys.exit(1)
sys.stdin.buffer.read()
open(f"{order['place']['folder']}/{name}", "w").write(str(held))
sys.exit(143)
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Question, FolderSharing]:
    (tmp_path / "tiny.net").write_text(SPEC, encoding="utf-8")
    monkeypatch.setattr(processes, "_PROGRAM", ("-c", CHILD))
    return Question(tmp_path / "tiny.net", (), SearchPlan()), FolderSharing(tmp_path)


@pytest.fixture
def with_hangups() -> Iterator[None]:
    """A run of the tests under `nohup` ignores them, and so does a search in it."""
    with usual_handlers():
        yield


@pytest.mark.usefixtures("with_hangups")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_ends_after_all_processes(
    asked: tuple[Question, FolderSharing], name: str
) -> None:
    """They don't get the Ctrl-C of the terminal themselves, at which they could only die."""
    number = signal.Signals[name]
    before = [signal.getsignal(each) for each in heeded_signals()]
    machines = [Machine(device=name) for name in ("one", "two")]
    signals = iter([number])

    def look() -> None:
        for each in signals:
            os.kill(os.getpid(), each)

    ended = work_in_processes(*asked, machines, look)
    assert ended == number
    path = asked[1].folder.path
    assert [path.joinpath(name).read_text() for name in ("one", "two")] == ["True"] * 2
    assert [signal.getsignal(each) for each in heeded_signals()] == before


def test_the_machine_of_a_process_with_an_error_is_used_next(
    asked: tuple[Question, FolderSharing],
) -> None:
    """So that what is wrong with it is said."""
    machines = [Machine(device=name) for name in ("one", "broken")]
    assert work_in_processes(*asked, machines, lambda: None) == machines[1]


def test_a_second_ctrl_c_is_an_exception() -> None:
    with caught_signals() as caught:
        signal.raise_signal(signal.SIGINT)
        assert caught == [signal.SIGINT]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_no_more_processes_than_trials(run: Runner) -> None:
    """One trial needs no process of its own."""
    (run.folder / "tiny.net").write_text(SPEC, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "_started", None)
        done = run("search", "tiny.net:tiny", "--trials", "1", "--jobs", "500", "--quiet")
    assert done.status == 0, done.err


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"trials": 0}, "`trials` must be at least 1"),
        ({"round": 0}, "`round` must be at least 1"),
        ({"eta": 1}, "`eta` must be at least 2"),
        ({"seed": -1}, "`seed` must be at least 0"),
        ({"jobs": 0}, "`jobs` must be at least 1"),
    ],
)
def test_numbers_that_no_search_can_have(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        netlang.search("tiny.net:tiny", **wrong)
