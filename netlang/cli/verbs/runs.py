"""`netlang runs`: runs beside each other, with the spread over seeds and what differs for sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from netlang.targets.comparing import RecipeFigures, RunsCompared, ScoreDifference

__all__ = ["command"]

_SURE = 0.05


def command() -> click.Command:
    return click.Command(
        "runs",
        callback=_runs,
        params=[
            click.Argument(["folders"], nargs=-1, required=True, metavar="DIR..."),
            click.Option(["--out"], metavar="DIR", help="Draw the curves of all runs into DIR."),
            click.Option(["--json"], is_flag=True, help="Print the figures as JSON."),
        ],
        help="Compare the runs in DIR, a folder that `netlang train` wrote or one with several of"
        " them: the scores of each, mean and standard deviation over the seeds of a recipe, and"
        " whether two recipes differ by more than chance (Welch's t test).",
        short_help="Compare runs, over seeds and between recipes.",
    )


def _runs(folders: tuple[str, ...], out: str | None, json: bool) -> int:
    from netlang.diagnostics.texts import visible
    from netlang.targets import needs
    from netlang.targets.comparing import comparing_backend

    backend = comparing_backend()
    with needs(backend.extra):
        found = backend.compare_runs([Path(each) for each in folders], Path(out) if out else None)
    if json:
        click.echo(_document(found))
        return 0
    names = {each.title: f"recipe {place}" for place, each in enumerate(found.recipes, 1)}
    for recipe in found.recipes:
        click.echo(visible(f"{names[recipe.title]}: {recipe.title}"))
        click.echo("\n".join(visible(f"    {line}") for line in _table(recipe)))
    for difference in found.differences:
        click.echo(_sentence(difference, names))
    if found.pictures:
        click.echo(visible(f"drawn in {', '.join(map(str, found.pictures))}"))
    return 0


def _table(recipe: RecipeFigures) -> Iterator[str]:
    """The runs of a recipe, and their mean and deviation."""
    from netlang.cli.checkup import lined_up

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


def _document(found: RunsCompared) -> str:
    import json

    recipes = [
        {
            "title": recipe.title,
            "runs": [
                {"folder": str(r.folder), "seed": r.seed, "steps": r.steps, "scores": {**r.scores}}
                for r in recipe.runs
            ],
            "mean": {name: mean for name, (mean, _) in recipe.spread.items()},
            "standard_deviation": {name: apart for name, (_, apart) in recipe.spread.items()},
        }
        for recipe in found.recipes
    ]
    differences = [
        {
            "first": each.first, "second": each.second, "score": each.score,
            "difference": each.difference, "probability": each.probability,
        }
        for each in found.differences
    ]  # fmt: skip
    pictures = [str(path) for path in found.pictures]
    document = {
        "version": 1, "recipes": recipes, "differences": differences, "pictures": pictures,
    }  # fmt: skip
    return json.dumps(document, indent=2)
