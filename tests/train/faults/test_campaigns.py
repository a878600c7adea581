"""Short runs of the campaigns on faults, and that they would notice a bad writer."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from tests.campaigns.campaign import Campaign
from tests.campaigns.running import run_here
from tests.support import forks
from tests.train.faults import damage, kill, refuse, shards, stop
from tests.train.faults.attempt import AtCall, apart, collected
from tests.train.faults.kill import standing
from tests.train.faults.together import attempt_together, undisturbed
from tests.train.faults.whole import whole
from tests.train.faults.writers import WRITERS

pytestmark = forks

SHORT = [(kill.CAMPAIGN, 6), (damage.CAMPAIGN, 5), (stop.CAMPAIGN, 4)]
LONG = [
    (kill.CAMPAIGN, 500), (damage.CAMPAIGN, 240), (stop.CAMPAIGN, 100), (shards.CAMPAIGN, 120),
]  # fmt: skip


@pytest.mark.parametrize(("campaign", "count"), SHORT, ids=("kill", "damage", "stop"))
def test_some_trials(campaign: Campaign, count: int) -> None:
    assert run_here(campaign, count, 7).failures == []


def test_some_calls_are_refused() -> None:
    """Every kind of call; 83 and 3 errors have no common divisor."""
    failures = [refuse.trial(number).failures for number in range(0, refuse.total(), 83)]
    assert failures == [()] * len(failures)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_bad_writer_is_noticed(writer: int) -> None:
    assert any(kill.trial(number, writer).failures for number in range(60))


def test_some_trials_with_shared_weights() -> None:
    """A fault comes to one of two processes; the long run has those of each kind."""
    failures = [shards.trial(number).failures for number in range(2)]
    assert failures == [()] * 2


@pytest.mark.slow
def test_a_bad_reader_of_shards_is_noticed() -> None:
    assert any(shards.trial(number, 4).failures for number in range(3, 100, 5))


@pytest.mark.slow
def test_a_bad_writer_of_shards_is_noticed(tmp_path: Path) -> None:
    """One that removes the old checkpoints first, killed before each rename in turn."""
    renames = undisturbed().reports[0].counts["rename"]
    assert any(_lost_by(tmp_path / str(number), number) for number in range(10, renames))


def _lost_by(out: Path, number: int) -> str:
    report, _ = attempt_together(out, 0, AtCall("rename", number, "before"), WRITERS[2])
    return standing(out, report.committed)


def test_a_copy_of_the_process_never_comes_back(tmp_path: Path) -> None:
    """Where not even its report could be written, as on a full disk, no trial is made twice."""

    def full() -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(RuntimeError, match=f"status {4 << 8}"):
        collected(apart(full), tmp_path / "report")


def test_the_undisturbed_run_has_every_kind_of_moment() -> None:
    counts = whole().report.counts
    assert counts["write"] > counts["fsync"] > counts["rename"] > counts["rotate"] > 4


@pytest.mark.slow
@pytest.mark.parametrize(("campaign", "count"), LONG, ids=("kill", "damage", "stop", "shards"))
def test_many_trials(campaign: Campaign, count: int) -> None:
    assert run_here(campaign, count, 1).failures == []


def test_the_campaign_refuses_every_call() -> None:
    """A file more, or a tensor more in a checkpoint, is another call."""
    assert refuse.total() <= refuse.CAMPAIGN.count


@pytest.mark.slow
def test_every_call_is_refused() -> None:
    failures = [refuse.trial(number).failures for number in range(refuse.total())]
    assert failures == [()] * len(failures)
