"""`netlang predict`: the classes that a trained classifier sees in images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from netlang.cli.options import FitAsked, fit_of, fit_options, is_change
from netlang.cli.verbs.train import device_option

if TYPE_CHECKING:
    from netlang.diagnostics.errors import NetlangError
    from netlang.targets import Prediction

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "predict",
        callback=_predict,
        params=[
            click.Argument(["spec"], metavar="RECIPE"),
            click.Argument(["images"], nargs=-1, required=True, metavar="[KEY=VALUE]... IMAGE..."),
            click.Option(
                ["--weights"],
                required=True,
                metavar="FILE",
                help="Weights of a run: best.safetensors or last.safetensors.",
            ),
            *fit_options(),
            click.Option(
                ["--top"],
                type=click.IntRange(1),
                default=3,
                show_default=True,
                help="How many classes to show of each image.",
            ),
            click.Option(
                ["--format", "kind"],
                type=click.Choice(("text", "json")),
                default="text",
                show_default=True,
                help="A line for people, or one of JSON, for each image.",
            ),
            device_option(),
        ],
        help="Show what the net of RECIPE takes images for; a folder stands for those below it. "
        "They are prepared as for the recipe's test; the weights know the names of the classes. "
        "KEY=VALUE changes the recipe as in training; they are normalized as in the weights' own "
        "training, unless KEY is `normalize`. An image that can't be read is named, and the others "
        "follow.",
        short_help="Classify images with trained weights.",
    )


def _predict(
    spec: str,
    images: tuple[str, ...],
    weights: str,
    top: int,
    kind: str,
    device: str | None,
    **asked: Unpack[FitAsked],
) -> int:
    from netlang.cli.failures import REFUSED, show
    from netlang.recipes.load import load_recipe
    from netlang.targets import needs, training_backend
    from netlang.targets.options import PredictOptions

    changes = [text for text in images if is_change(text)]
    paths = [Path(text) for text in images if not is_change(text)]
    if not paths:
        raise click.UsageError("no image is named")
    recipe, program = load_recipe(spec, changes)
    backend = training_backend()
    damaged = 0

    def tell(error: NetlangError) -> None:
        nonlocal damaged
        damaged += 1
        show(error.diagnostics)

    options = PredictOptions(device, fit=fit_of(asked), damaged=tell)
    with needs(backend.extra):
        for found in backend.predict(recipe, program, Path(weights), paths, options):
            click.echo(_json(found, top) if kind == "json" else _line(found, top))
    return REFUSED if damaged else 0


def _line(found: Prediction, top: int) -> str:
    from netlang.diagnostics.texts import visible

    classes = found.classes[:top]
    shares = ", ".join(f"{visible(name)} {100.0 * share:.1f} %" for name, share in classes)
    return f"{visible(str(found.path))}: {shares}"


def _json(found: Prediction, top: int) -> str:
    import json

    classes = [{"class": name, "probability": share} for name, share in found.classes[:top]]
    return json.dumps({"image": str(found.path), "classes": classes})
