"""Runs beside each other as text: the scores of each, their spread, and what differs for sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    yield from (_sentence(difference, names) for difference in found.differences)
    if found.pictures:
        yield visible(f"drawn in {', '.join(map(str, found.pictures))}")


def _table(recipe: RecipeFigures) -> Iterator[str]:
    """The runs of a recipe, and their mean and deviation."""
    names = list(dict.fromkeys(name for run in recipe.runs for name in run.scores))
    rows = [("run", "seed", "steps", *names)]
    for run in recipe.runs:
        scores = (f"{run.scores[n]:.4g}" if n in run.scores else "none" for n in names)
        rows.append((str(run.folder), str(run.seed), str(run.steps), *scores))
    if len(recipe.runs) > 1:
        spread = [recipe.spread.get(name) for name in names]
        means = ("none" if each is None else f"{each[0]:.4g}" for each in spread)
        rows.append((f"mean of {len(recipe.runs)}", "", "", *means))
        apart = ("none" if e is None or e[1] is None else f"{e[1]:.2g}" for e in spread)
        rows.append(("standard deviation", "", "", *apart))
    return lined_up(rows)


def _sentence(found: ScoreDifference, names: Mapping[str, str]) -> str:
    second, first = names[found.second], names[found.first]
    pair = f"{found.score}: {second} has {found.difference:+.4g} against {first}"
    if found.probability is None:
        return f"{pair}; with two seeds of each, their spread would say whether that is chance"
    sure = "more than chance" if found.probability < _SURE else "no more than chance explains"
    return f"{pair}, {sure} (Welch's t test, p = {found.probability:.2g})"
