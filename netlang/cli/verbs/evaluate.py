"""`netlang eval`: the scores of trained weights on a part of a recipe's data."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from netlang.cli.distance import DistanceAsked, distance_options
from netlang.cli.options import (
    FitAsked,
    ProcessesAsked,
    data_option,
    fit_of,
    fit_options,
    part_named,
    places,
    recipe_arguments,
    require_different,
    workers_option,
)
from netlang.cli.verbs.train import device_option, shard_option
from netlang.processes import is_first, one_voice

if TYPE_CHECKING:
    from netlang.targets.options import FeatureDistance

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "eval",
        callback=_evaluate,
        params=[
            *recipe_arguments(),
            click.Option(
                ["--weights"],
                metavar="FILE",
                help="Weights by their keys, from .safetensors or a PyTorch state dict (.pth).",
            ),
            click.Option(
                ["--ensemble"],
                multiple=True,
                metavar="FILE",
                help="Further weights, or a folder of them, as `snapshots` of a run: the mean of"
                " the probabilities, or of the outputs, counts. May be given several times.",
            ),
            *fit_options(),
            click.Option(
                ["--split"],
                default="test",
                show_default=True,
                metavar="PART",
                help="The part to score: `train`, `val`, `test`, or what RECIPE calls it.",
            ),
            *distance_options("Instead of scores,"),
            data_option(),
            device_option(),
            workers_option(),
            shard_option(),
        ],
        help="Score weights on the data of RECIPE, changed by KEY=VALUE as in training. Inputs are "
        "normalized as the weights were in training, unless KEY is `normalize`.",
        short_help="Score trained weights.",
    )


class _Asked(ProcessesAsked, FitAsked, DistanceAsked):
    """The values of the options that other verbs have as well."""


def _distance(asked: _Asked) -> FeatureDistance | None:
    """What to measure; all of its options must be given, or none."""
    output, judge = asked["distance"], asked["judge"]
    weights, features = asked["judge_weights"], asked["features"]
    if output is None and judge is None and weights is None and features is None:
        return None
    if output is None or judge is None or weights is None or features is None:
        raise click.UsageError(
            "a distance needs --distance OUTPUT, --judge SPEC, --judge-weights FILE and"
            " --features OUTPUT"
        )
    from netlang.loading import loaded
    from netlang.targets.options import FeatureDistance

    return FeatureDistance(output, loaded(judge, {}).program, Path(weights), features)


def _evaluate(
    spec: str,
    changes: tuple[str, ...],
    weights: str | None,
    ensemble: tuple[str, ...],
    split: str,
    **asked: Unpack[_Asked],
) -> int:
    from netlang.recipes.load import load_recipe
    from netlang.targets import needs, training_backend
    from netlang.targets.options import ScoreOptions

    _require_alone(asked, ensemble)
    first, *others = _files(weights, ensemble)
    with one_voice():
        wanted = _distance(asked)
        recipe, program = load_recipe(spec, changes)
        where = places(asked["data"], recipe)
        part = part_named(recipe, split)
    backend = training_backend()
    with needs(backend.extra):
        options = ScoreOptions(
            where,
            part,
            device=asked["device"],
            workers=asked["workers"],
            shard=asked["shard"],
            fit=fit_of(asked),
            ensemble=tuple(others),
            distance=wanted,
        )
        scores = backend.evaluate(recipe, program, first, options)
    for name, score in scores.items() if is_first() else ():
        click.echo(f"{name}: {score:.6g}")
    if any(map(isnan, scores.values())):
        from netlang.diagnostics.errors import NetlangError
        from netlang.diagnostics.training.running import NotNumbers

        raise NetlangError(NotNumbers(span=None, what=f"the {part} part"))
    return 0


def _require_alone(asked: _Asked, ensemble: tuple[str, ...]) -> None:
    """Raise `click.UsageError` for options that are for one net and one process."""
    if ensemble and asked["shard"]:
        raise click.UsageError("--shard is for a net alone, not for an ensemble")
    if asked["distance"] and (asked["shard"] or ensemble):
        raise click.UsageError("--distance is for a net alone, without --shard and --ensemble")


def _files(weights: str | None, ensemble: tuple[str, ...]) -> list[Path]:
    """All files of weights; of a folder those in it, by name."""
    found = [] if weights is None else [Path(weights)]
    for each in map(Path, ensemble):
        members = sorted(each.glob("*.safetensors")) if each.is_dir() else [each]
        if not members:
            raise click.UsageError(f"--ensemble: no .safetensors in {each}")
        found += members
    if not found:
        raise click.UsageError("give --weights, or --ensemble with several")
    require_different(found)
    return found
