"""What each method tries follows from the plan and the results, whoever asks and whenever."""

from __future__ import annotations

from math import inf, log10, nan

import pytest

from netlang.recipes.spaces.written import Dimension, Options
from netlang.recipes.words.spaces import LogUniform, Uniform
from netlang.searching.methods.known import method_of
from netlang.searching.methods.method import SearchMethod, SearchPlan
from netlang.searching.names import METHODS
from netlang.searching.trial import History, Job, SearchTrial, TrialResult, result_of
from netlang.source import Source, Span

SPAN = Span(Source("spaces", ""), 0, 0)
DIMENSIONS = (
    Dimension("lr", LogUniform(low=1e-4, high=1.0), SPAN),
    Dimension("drop", Uniform(low=0, high=1), SPAN),
    Dimension("act", Options(("relu", "gelu", "tanh")), SPAN),
)


def error(values: dict[str, int | float], stage: int) -> float:
    """Least at a rate of 0.01 and with gelu; later stages see it more clearly."""
    return abs(log10(values["lr"]) + 2) + 0.1 * (values["act"] != 1) + 0.01 / (stage + 1)


def grown(method: SearchMethod, known: History) -> None:
    """Define the trials that follow from the results."""
    for number in range(len(known.trials), method.plan.trials):
        choose = method.choice(number, known)
        if choose is None:
            return
        values = {each.name: choose(each) for each in DIMENSIONS}
        known.trials[number] = SearchTrial(number, DIMENSIONS, values, {}, ())


def searched(
    plan: SearchPlan, *, last_first: bool = False, broken: int = -1
) -> tuple[History, list[Job]]:
    """All trials, one job after the other; with `last_first`, of those that can run the last."""
    method, known = method_of(plan), History()
    order: list[Job] = []
    while True:
        grown(method, known)
        if method.is_over(known):
            return known, order
        job = [*method.jobs(known)][-1 if last_first else 0]
        order.append(job)
        values = dict(known.trials[job.trial].values)
        scores = {"validation loss": error(values, job.stage)}
        failed = "E0736" if job.trial == broken else None
        result = TrialResult(job.trial, job.stage, (), {} if failed else scores, failed)
        known.results[job.trial, job.stage] = result


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_jobs_changes_nothing(method: str) -> None:
    plan = SearchPlan(method, 13, 7, 4)
    known, order = searched(plan, broken=1)
    again, other = searched(plan, last_first=True, broken=1)
    assert order != other
    assert method_of(plan).total >= len(order)
    assert sorted(order) == sorted(other)
    assert {n: t.values for n, t in known.trials.items()} == {
        n: t.values for n, t in again.trials.items()
    }
    different, _ = searched(SearchPlan(method, 13, 8, 4))
    assert different.trials[0].values != known.trials[0].values


def test_random_trials_do_not_depend_on_how_many_there_are() -> None:
    few, _ = searched(SearchPlan("random", 3))
    many, _ = searched(SearchPlan("random", 30))
    assert {n: many.trials[n] for n in range(3)} == few.trials
    rates = sorted(each.values["lr"] for each in many.trials.values())
    assert 5 <= sum(rate < 1e-2 for rate in rates) <= 25


def test_fine_trials_lie_near_the_best_coarse_ones() -> None:
    known, order = searched(SearchPlan("coarse-to-fine", 32))
    assert [each.share for each in order] == [0.25] * 16 + [1.0] * 16
    coarse = [abs(log10(known.trials[n].values["lr"]) + 2) for n in range(16)]
    fine = [abs(log10(known.trials[n].values["lr"]) + 2) for n in range(16, 32)]
    assert max(fine) < sorted(coarse)[4] + 0.4
    best = min(range(16), key=lambda n: known.results[n, 0].error)
    options = {known.trials[n].values["act"] for n in range(16, 32)}
    assert known.trials[best].values["act"] in options


def test_halving_lets_one_of_three_go_on() -> None:
    known, order = searched(SearchPlan("halving", 20))
    assert [sum(each.stage == s for each in order) for s in range(3)] == [20, 6, 2]
    assert method_of(SearchPlan("halving", 20)).total == len(order)
    assert sorted({round(each.share, 6) for each in order}) == [0.111111, 0.333333, 1.0]
    kept = {each.trial for each in order if each.stage == 1}
    worst = max(known.results[n, 0].error for n in kept)
    assert all(known.results[n, 0].error >= worst for n in set(range(20)) - kept)
    assert [job.share for job in searched(SearchPlan("halving", 2))[1]] == [1.0, 1.0]
    assert len(searched(SearchPlan("halving", 8, eta=2))[1]) == 8 + 4 + 2 + 1


def test_a_failed_trial_never_goes_on() -> None:
    best = min(
        searched(SearchPlan("halving", 9))[0].results.values(), key=lambda each: each.rank
    ).trial
    _, order = searched(SearchPlan("halving", 9), broken=best)
    assert [each.stage for each in order if each.trial == best] == [0]


def test_tpe_is_nearer_than_chance() -> None:
    known, _ = searched(SearchPlan("tpe", 40))
    late = [abs(log10(known.trials[n].values["lr"]) + 2) for n in range(25, 40)]
    assert sum(late) / len(late) < 0.6  # evenly drawn ones are 1 apart in the mean


def test_a_trial_whose_validation_loss_is_not_finite_has_failed() -> None:
    found = {"validation accuracy": 0.5, "validation loss": nan}
    result = result_of(Job(0), (), found, "validation loss")
    assert (result.failed, result.scores) == ("the validation loss isn't finite", {})
    assert result.rank == (inf, inf, 0)
