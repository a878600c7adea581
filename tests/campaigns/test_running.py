"""The scaffold of campaigns: failures, processes that die, states to go on from, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.running import Campaign, State, command
from tests.campaigns.sample import DIES, FAILS, RAISES, harmless, trial


def test_every_failure_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state.json"
    campaign = Campaign("sample", "", trial, chunk=2)
    assert command(campaign, ["--count", "9", "--workers", "1", "--state", str(state)]) == 1
    told = capsys.readouterr().out
    for line in ("the trial brought its process down", "a failure", "raised ValueError"):
        assert told.count(line) == 1
    assert "9 trials, seed 1: 3 failures of 3 kinds" in told
    found = State.read(state)
    assert sorted(number for number, _ in found.failures) == [DIES, FAILS, RAISES]
    assert found.counts == {"trials": 7}


def test_a_run_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "state.json"
    State(1, 6, 2, done=[0, 2], counts={"trials": 4}).write(path)
    campaign = Campaign("sample", "", harmless, chunk=2)
    given = ["--count", "6", "--workers", "1", "--state", str(path), "--resume"]
    assert command(campaign, given) == 0
    assert State.read(path).counts == {"trials": 6}
    assert command(campaign, [*given, "--seed", "2"]) == 2
    assert "6 trials, seed 1: 0 failures" in capsys.readouterr().out
