"""Runs beside each other as text: the scores of each, their spread, and what differs for sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from netlang.cli.checkup import lined_up
from netlang.diagnostics.texts import visible

if TYPE_CHECKING:
    from netlang.targets.comparing import RecipeFigures, RunsCompared, ScoreDifference

__all__ = ["comparison_lines"]

_SURE = 0.05


def comparison_lines(found: RunsCompared) -> Iterator[str]:
    """A table for each recipe, a sentence for each two, and the names of the pictures."""
    names = {each.title: f"recipe {place}" for place, each in enumerate(found.recipes, 1)}
    for recipe in found.recipes:
        yield visible(f"{names[recipe.title]}: {recipe.title}")
        yield from (visible(f"    {line}") for line in _table(recipe))
    yield from _sentences(found.differences, names)
    if found.pictures:
        yield visible(f"drawn in {', '.join(map(str, found.pictures))}")


def _table(recipe: RecipeFigures) -> Iterator[str]:
    """The runs of a recipe, and their mean and deviation."""
    names = list(dict.fromkeys(name for run in recipe.runs for name in run.scores))
    rows = [("run", "seed", "steps", *names)]
    for run in recipe.runs:
        scores = (f"{run.scores[n]:.4g}" if n in run.scores else "none" for n in names)
        rows.append((str(run.folder), str(run.seed), str(run.steps), *scores))
    seeds = len({run.seed for run in recipe.runs})
    if seeds > 1:
        spread = [recipe.spread.get(name) for name in names]
        means = ("none" if each is None else f"{each[0]:.4g}" for each in spread)
        of = str(seeds) if seeds == len(recipe.runs) else f"{seeds} seeds"
        rows.append((f"mean of {of}", "", "", *means))
        apart = ("none" if e is None or e[1] is None else f"{e[1]:.2g}" for e in spread)
        rows.append(("standard deviation", "", "", *apart))
    return lined_up(rows)


def _sentences(found: Sequence[ScoreDifference], names: Mapping[str, str]) -> Iterator[str]:
    """Differences, one by one; several that nothing can be said about are one line."""
    untested = sum(each.probability is None for each in found)
    for each in found:
        if each.probability is not None or untested == 1:
            yield _sentence(each, names)
    if untested > 1:
        yield (
            f"{untested} pairs of recipes aren't compared: with two seeds of each, their spread"
            " would say whether a difference is chance"
        )


def _sentence(found: ScoreDifference, names: Mapping[str, str]) -> str:
    second, first = names[found.second], names[found.first]
    pair = f"{found.score}: {second} has {found.difference:+.4g} against {first}"
    if found.probability is None:
        return f"{pair}; with two seeds of each, their spread would say whether that is chance"
    sure = "more than chance" if found.probability < _SURE else "no more than chance explains"
    return f"{pair}, {sure} (Welch's t test, p = {found.probability:.2g})"
