"""Campaigns go on where they stopped, and what they saw adds up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.campaigns import runner
from tests.campaigns.report import Found, Report, read_state, write_state
from tests.campaigns.runner import Settings, campaign


def seen(seeds: Sequence[int]) -> Report:
    report = Report(len(seeds))
    report.count("seeds", map(str, seeds))
    if 30 in seeds:
        report.failures.append(Found(30, "odd", "thirty"))
    return report


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(runner, "STATES", tmp_path)
    return Settings("try", 60, 1, 1, resume=True, quiet=True)


def test_every_seed_is_worked_on_once(wanted: Settings) -> None:
    report = campaign(wanted, seen)
    assert report.of("seeds") == {str(seed): 1 for seed in range(1, 61)}
    assert report.failures == [Found(30, "odd", "thirty")]


def test_a_campaign_that_was_stopped_goes_on(wanted: Settings) -> None:
    class Stopped(Exception):
        pass

    def stopping(seeds: Sequence[int]) -> Report:
        if 51 in seeds:
            raise Stopped
        return seen(seeds)

    with pytest.raises(Stopped):
        campaign(wanted, stopping)
    worked: list[int] = []

    def noting(seeds: Sequence[int]) -> Report:
        worked.extend(seeds)
        return seen(seeds)

    report = campaign(wanted, noting)
    assert worked == list(range(51, 61))
    assert report.examined == 60
    assert report.of("seeds").total() == 60


def test_a_state_of_other_settings_is_not_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_state(path, {"seed": 1}, {1}, seen([1, 30]))
    assert read_state(path, {"seed": 2}) is None
    assert read_state(path, {"seed": 1}) == ({1}, seen([1, 30]))
