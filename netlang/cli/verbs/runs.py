"""`netlang runs`: runs beside each other, with the spread over seeds and what differs for sure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from netlang.targets.comparing import RunsCompared

__all__ = ["command"]


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
    from netlang.cli.comparison import comparison_lines
    from netlang.targets import needs
    from netlang.targets.comparing import comparing_backend

    backend = comparing_backend()
    with needs(backend.extra):
        found = backend.compare_runs([Path(each) for each in folders], Path(out) if out else None)
    if json:
        click.echo(_document(found))
        return 0
    click.echo("\n".join(comparison_lines(found)))
    return 0


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
