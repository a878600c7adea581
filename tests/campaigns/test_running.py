"""The scaffold of campaigns: failures, processes that die, states to go on from, exit codes."""

from __future__ import annotations

import json
import signal
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from tests.campaigns import files
from tests.campaigns.counts import headed, lines, of
from tests.campaigns.files import cases
from tests.campaigns.running import MOST, Campaign, Option, State, Summary, command, run_here
from tests.campaigns.sample import DIES, FAILS, RAISES, Below, harmless, trial, verifying
from tests.campaigns.telling import report
from tests.endless import Endless, limited

BELOW = Campaign("sample", "", Below(), option=Option("--below", "", Below), chunk=2, count=5)


def _given(path: Path, *more: str) -> list[str]:
    return ["--workers", "1", "--state", str(path), *more]


def test_every_failure_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state.json"
    campaign = Campaign("sample", "", trial, chunk=2)
    assert command(campaign, _given(state, "--count", "9")) == 1
    told = capsys.readouterr().out
    for line in ("the trial brought its process down", "a failure", "raised ValueError"):
        assert told.count(line) == 1
    assert "9 trials, seed 1: 3 failures of 3 kinds" in told
    found = State.read(state)
    assert sorted(number for number, _ in found.failures) == [DIES, FAILS, RAISES]
    assert found.counts == {"trials": 7}
    written = json.loads((tmp_path / "state-report.json").read_text(encoding="utf-8"))
    assert sorted(each["number"] for each in written["failures"]) == [DIES, FAILS, RAISES]
    assert (written["trials"], written["counts"]) == (9, {"trials": 7})


def test_a_run_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "state.json"
    State(1, 6, 2, done=[0, 2], counts={"trials": 4}).write(path)
    campaign = Campaign("sample", "", harmless, chunk=2)
    given = _given(path, "--count", "6", "--resume")
    assert command(campaign, given) == 0
    assert State.read(path).counts == {"trials": 6}
    assert command(campaign, [*given, "--seed", "2"]) == 2
    assert "6 trials, seed 1: 0 failures" in capsys.readouterr().out


def test_help_names_the_module_that_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("__main__")
    module.__spec__ = ModuleSpec("tests.train.faults.kill", None)
    monkeypatch.setitem(sys.modules, "__main__", module)
    with pytest.raises(SystemExit):
        command(Campaign("kill", "Killed runs.", harmless), ["--help"])
    assert "usage: python -m tests.train.faults.kill " in capsys.readouterr().out


def test_every_trial_is_in_one_chunk() -> None:
    state = State(3, 60, 25)
    numbers = [number for chunk in state.pending for number in state.numbers(chunk)]
    assert numbers == [*range(3 * MOST, 3 * MOST + 60)]
    state.done.append(1)
    assert state.pending == [0, 2]
    assert state.finished == 25


def test_an_option_reaches_the_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "state.json"
    assert command(BELOW, _given(path, "--below", "3")) == 0
    assert State.read(path).counts == {"trials: 0": 1, "trials: 1": 1, "trials: 2": 1}
    assert command(BELOW, ["--only", str(MOST + 4), "--below", "5"]) == 0
    assert "passed {'trials: 4': 1}" in capsys.readouterr().out


def test_a_state_of_another_option_is_not_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    State(1, 5, 2, option=3).write(path)
    assert command(BELOW, _given(path, "--resume", "--below", "4")) == 2


def test_a_summary_is_text_and_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    campaign = Campaign(
        "sample", "", harmless, summary=lambda counts: Summary(("of it",), {"all": [*counts]})
    )
    state = State(1, 4, 4, done=[0], counts={"trials": 4})
    assert not report(campaign, state, tmp_path / "report.json", save=False)
    told = capsys.readouterr().out.splitlines()
    assert told == ["of it", "sample: 4 trials, seed 1: 0 failures, 0 s"]
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written["summary"] == {"all": ["trials"]}


def test_failures_with_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CASES", tmp_path / "cases")
    shown: dict[str, object] = {"what": "wrong", "details": "", "files": {"case.txt": "input"}}
    hidden: dict[str, object] = {"what": "raised", "details": "", "files": {}}
    state = State(1, 2, 2, done=[0], failures=[(7, shown), (8, hidden), (9, shown)])
    campaign = Campaign("sample", "", harmless)
    assert report(campaign, state, tmp_path / "report.json", save=True)
    (kept,) = cases("sample")
    assert (kept / "case.txt").read_text(encoding="utf-8") == "input"


def _for_ever() -> None:
    while True:
        pass


def test_what_has_no_end_is_interrupted() -> None:
    with limited(60.0):
        with pytest.raises(Endless, match=r"over 0\.05 s"), limited(0.05):
            _for_ever()
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] > 50
    assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] == 0


def test_counts_have_headings() -> None:
    counts = headed("operators", ["conv", "relu", "conv"]) + headed("pairs", ["conv: relu"])
    assert of(counts, "operators") == {"conv": 2, "relu": 1}
    assert of(counts, "pairs") == {"conv: relu": 1}
    assert lines(counts, "pairs", "operators") == (
        "pairs: conv: relu: 1",
        "operators: conv: 2",
        "operators: relu: 1",
    )


@pytest.mark.parametrize("verifies", [True, False])
def test_the_compiler_verifies_in_the_processes(verifies: bool, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    campaign = Campaign("sample", "", verifying, verifies=verifies)
    assert command(campaign, _given(state, "--count", "2")) == 0
    assert State.read(state).counts == {f"verified: {verifies}": 2}
    assert run_here(campaign, 2, 1).counts == {f"verified: {verifies}": 2}
