"""`netlang train`: runs a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from netlang.cli.options import (
    ProcessesAsked,
    data_option,
    places,
    recipe_arguments,
    workers_option,
)
from netlang.processes import is_first, one_voice

if TYPE_CHECKING:
    from netlang.ir.program import Program
    from netlang.recipes.recipe import Recipe
    from netlang.targets import Trained, TrainingBackend
    from netlang.targets.options import RunOptions

__all__ = ["command", "device_option", "shard_option"]


def device_option() -> click.Option:
    return click.Option(
        ["--device"], metavar="DEVICE", help="cpu, cuda, cuda:1, mps; the best one without it."
    )


def shard_option() -> click.Option:
    return click.Option(
        ["--shard"],
        is_flag=True,
        help="Under torchrun: share weights out over the processes (FSDP2).",
    )


def command() -> click.Command:
    return click.Command(
        "train",
        callback=_train,
        params=[
            *recipe_arguments(),
            click.Option(
                ["--out"], metavar="DIR", help="Folder of the run; runs/RECIPE without it."
            ),
            click.Option(
                ["--resume"],
                is_flag=True,
                help="Go on from the last checkpoint of the folder, or begin if there is none.",
            ),
            data_option(),
            device_option(),
            workers_option(),
            shard_option(),
            click.Option(
                ["--tensorboard"],
                is_flag=True,
                help="Write events for TensorBoard into the folder too.",
            ),
            click.Option(["--quiet"], is_flag=True, help="Show nothing but the scores at the end."),
        ],
        help="Train by RECIPE (`mnist1d`, `file.net`, `file.net:recipe`). KEY=VALUE replaces a "
        "parameter or key of it: `seed=7`, `arch=mlp`, `steps=100`.",
        short_help="Train a net by a recipe.",
    )


def _train(
    spec: str,
    changes: tuple[str, ...],
    out: str | None,
    resume: bool,
    tensorboard: bool,
    quiet: bool,
    **machine: Unpack[ProcessesAsked],
) -> int:
    from netlang.cli.failures import STOPPED
    from netlang.diagnostics.texts import visible
    from netlang.records import replace
    from netlang.resuming import command_to_resume
    from netlang.targets import needs, training_backend
    from netlang.targets.options import RunOptions

    with one_voice():
        recipe, program = _loaded(spec, changes)
        where = places(machine["data"], recipe)
    folder = Path(out) if out else Path("runs", recipe.name)
    if resume and not folder.exists() and is_first():
        click.echo(f"nothing to resume in {visible(str(folder))}: a new run begins", err=True)
    options = RunOptions(
        folder,
        where,
        resume=resume,
        device=machine["device"],
        workers=machine["workers"],
        quiet=quiet,
        tensorboard=tensorboard,
        shard=machine["shard"],
    )
    options = replace(options, again=command_to_resume(spec, changes, options))
    backend = training_backend()
    with needs(backend.extra):
        trained = _trained(backend, recipe, program, options)
    if is_first():
        click.echo(f"{_scores(trained)}; results in {visible(str(trained.folder))}")
    return 0 if trained.signal is None else STOPPED + trained.signal


def _trained(
    backend: TrainingBackend, recipe: Recipe, program: Program, options: RunOptions
) -> Trained:
    """Train with each of its seeds, and show how far apart several finished runs are."""
    if recipe.seeds == 1:
        return backend.train(recipe, program, options)
    from netlang.cli.comparison import comparison_lines
    from netlang.diagnostics.texts import visible
    from netlang.targets.seeds import compared, summary, train_seeds

    def say(text: str) -> None:
        if is_first():
            click.echo(visible(text), err=True)

    ended = summary(train_seeds(backend, recipe, program, options, say), options)
    if found := compared(ended):
        click.echo("\n".join(comparison_lines(found)))
    return ended


def _loaded(spec: str, changes: tuple[str, ...]) -> tuple[Recipe, Program]:
    """The recipe and its program. Errors are shown with the warnings that may be their cause."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.recipes.load import load_recipe

    try:
        return load_recipe(spec, changes)
    except NetlangError as error:
        from netlang.examine import beside_causes

        raise beside_causes(spec, error) from None


def _scores(trained: Trained) -> str:
    """The scores of the weights that the run leaves, and which weights these are."""
    scores = ", ".join(f"{name} {score:.4g}" for name, score in trained.scores.items())
    return f"{trained.scored}: {scores}" if scores else "not evaluated"
