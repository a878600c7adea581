"""`netlang soup`: the average of several weights of one net, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from netlang.cli.options import (
    FitAsked,
    MachineAsked,
    data_option,
    fit_of,
    fit_options,
    part_named,
    places,
    recipe_arguments,
    require_different,
    workers_option,
)
from netlang.cli.verbs.train import device_option

if TYPE_CHECKING:
    from netlang.targets.averaging import Ingredient

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "soup",
        callback=_soup,
        params=[
            *recipe_arguments(),
            click.Option(
                ["--weights"],
                required=True,
                multiple=True,
                metavar="FILE",
                help="Weights of the net of RECIPE, from .safetensors or a PyTorch state dict"
                " (.pth). Given twice or more.",
            ),
            click.Option(
                ["-o", "--output", "out"],
                metavar="OUT",
                required=True,
                help="File to write: .safetensors.",
            ),
            *_choosing(),
            *fit_options(),
            data_option(),
            device_option(),
            workers_option(),
        ],
        help="Average weights of the net of RECIPE, as runs from the same start end with, which"
        " differ in their recipe or seed. The statistics of batch norms are computed anew.",
        short_help="Average several weights of a net.",
    )


def _choosing() -> tuple[click.Option, ...]:
    """The options on which of the weights count."""
    return (
        click.Option(
            ["--greedy"],
            is_flag=True,
            help="From the best weights down, keep those with which the average scores no worse;"
            " without, all count.",
        ),
        click.Option(
            ["--split"],
            metavar="PART",
            help="The part that --greedy scores, `val` by default: or `train`, `test`, or what"
            " RECIPE calls it.",
        ),
    )


class _Asked(MachineAsked, FitAsked):
    """The values of the options that other verbs have as well."""


def _soup(
    spec: str,
    changes: tuple[str, ...],
    weights: tuple[str, ...],
    out: str,
    greedy: bool,
    split: str | None,
    **asked: Unpack[_Asked],
) -> int:
    from netlang.diagnostics.texts import visible
    from netlang.recipes.load import load_recipe
    from netlang.targets import needs
    from netlang.targets.averaging import SoupOptions, averaging_backend

    files, target = tuple(map(Path, weights)), Path(out)
    _require_sense(files, target)
    if split is not None and not greedy:
        raise click.UsageError("--split is the part that --greedy scores")
    recipe, program = load_recipe(spec, changes)
    options = SoupOptions(
        files,
        target,
        greedy,
        part_named(recipe, split or "val"),
        places(asked["data"], recipe),
        asked["device"],
        asked["workers"],
        fit=fit_of(asked),
    )
    backend = averaging_backend()
    with needs(backend.extra):
        found = backend.average_weights(recipe, program, options)
    for each in found:
        click.echo(visible(_line(each)))
    click.echo(f"wrote {visible(out)}, the average of {sum(each.kept for each in found)}")
    return 0


def _require_sense(files: tuple[Path, ...], target: Path) -> None:
    """Raise `click.UsageError` for files that no average is of."""
    from netlang.regular import real_path

    if len(files) < 2:
        raise click.UsageError("an average takes two or more --weights")
    require_different(files)
    if real_path(target) in map(real_path, files):
        raise click.UsageError(f"{target} is one of the --weights, and would be lost")


def _line(each: Ingredient) -> str:
    scores = "".join(f", {name} {score:.6g}" for name, score in each.scores.items())
    return f"{'kept' if each.kept else 'left out'}: {each.path}{scores}"
