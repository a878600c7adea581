"""A short run of the campaign that kills searches, and the long one."""

from __future__ import annotations

import pytest

from tests.campaigns.running import run_here
from tests.searching.kill import CAMPAIGN, MISTAKES, trial
from tests.support import forks

pytestmark = forks


@pytest.mark.parametrize("count", [1, pytest.param(80, marks=pytest.mark.slow)])
def test_a_killed_search_ends_as_any_other(count: int) -> None:
    assert run_here(CAMPAIGN, count, 7).failures == []


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_noticed(mistake: int) -> None:
    assert any(trial(number, mistake).failures for number in range(20))
