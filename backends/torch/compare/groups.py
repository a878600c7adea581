"""Groups runs by recipe, and compares the groups."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev

from netlang.backends.torch.compare.picture import draw_runs
from netlang.backends.torch.compare.reading import RunRead, read_runs
from netlang.backends.torch.compare.titles import titles_of
from netlang.targets.comparing import RecipeFigures, RunFigures, RunsCompared, ScoreDifference

__all__ = ["compare_runs"]


def compare_runs(folders: Sequence[Path], out: Path | None) -> RunsCompared:
    """The runs in some folders by recipe; pictures go into `out`, if given."""
    groups: dict[str, list[RunRead]] = {}
    for run in read_runs(folders):
        groups.setdefault(run.identity, []).append(run)
    titles = titles_of([runs[0] for runs in groups.values()])
    titled = dict(zip(titles, groups.values(), strict=True))
    recipes = tuple(_figures(title, runs) for title, runs in titled.items())
    differences = [_difference(one, two) for one, two in combinations(recipes, 2)]
    pictures = () if out is None else draw_runs(out, titled)
    return RunsCompared(recipes, tuple(each for each in differences if each), pictures)


def _figures(title: str, runs: Sequence[RunRead]) -> RecipeFigures:
    shared = [
        name for name in runs[0].figures.scores if all(name in run.figures.scores for run in runs)
    ]
    ordered = sorted((run.figures for run in runs), key=lambda each: each.seed)
    values = {name: _by_seed(ordered, name) for name in shared}
    spread = {
        name: (fmean(each), stdev(each) if len(each) > 1 else None) for name, each in values.items()
    }
    return RecipeFigures(title, tuple(ordered), spread)


def _by_seed(runs: Sequence[RunFigures], score: str) -> list[float]:
    """A score for each seed. Runs of one seed repeat each other, and say nothing about chance."""
    found: dict[int, list[float]] = {}
    for run in runs:
        found.setdefault(run.seed, []).append(run.scores[score])
    return [fmean(each) for each in found.values()]


def _difference(one: RecipeFigures, two: RecipeFigures) -> ScoreDifference | None:
    """The first score that both have: accuracy before loss, the test before validation."""
    score = next((name for name in one.spread if name in two.spread), None)
    if score is None:
        return None
    first, second = (_by_seed(each.runs, score) for each in (one, two))
    apart = fmean(second) - fmean(first)
    return ScoreDifference(one.title, two.title, score, apart, _probability(first, second))


def _probability(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Welch's t test: no assumption that both deviate alike. 0 and 1 if neither does at all."""
    if min(len(first), len(second)) < 2:
        return None
    if len({*first}) == len({*second}) == 1:
        return float(first[0] == second[0])
    from scipy.stats import ttest_ind

    return float(ttest_ind(first, second, equal_var=False).pvalue)
