"""`netlang look`: what a net has learned, as pictures and as one page."""

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
    folder_for,
    is_change,
    part_named,
    places,
    workers_option,
)
from netlang.cli.verbs.train import device_option

if TYPE_CHECKING:
    from netlang.ir.program import Program
    from netlang.recipes.recipe import Recipe
    from netlang.targets.looking import LookOptions, ViewSeen

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "look",
        callback=_look,
        params=[
            click.Argument(["spec"], metavar="SPEC"),
            click.Argument(["words"], nargs=-1, metavar="[KEY=VALUE]... [IMAGE]"),
            click.Option(
                ["--weights"],
                required=True,
                metavar="FILE",
                help="Weights of a run, or any others.",
            ),
            *fit_options(),
            click.Option(
                ["-o", "--out", "out"], metavar="DIR", help="Folder of the page; look/NAME without."
            ),
            *_of_the_net(),
            *_of_the_data(),
            click.Option(["--json"], is_flag=True, help="Print the views as JSON."),
            data_option(),
            device_option(),
            workers_option(),
            click.Option(["--quiet"], is_flag=True, help="Show nothing on the way."),
        ],
        help="Draw what the net of SPEC, a recipe, has learned: its kernels, what its steps make of"
        " IMAGE or of an example of the data, what they see of it, what speaks for a class"
        " (Grad-CAM, saliency, occlusion), the examples that its channels answer most, and the"
        " features of a layer. Of a net without a recipe, the kernels. KEY=VALUE changes the recipe"
        " as in training.",
        short_help="Draw what a net has learned.",
    )


def _of_the_net() -> tuple[click.Option, ...]:
    """The options that choose steps, a class and views."""
    return (
        click.Option(
            ["--step", "steps"],
            multiple=True,
            metavar="LABEL",
            help="The step to look at, by its label path; may be given several times.",
        ),
        click.Option(
            ["--class", "chosen"],
            metavar="NAME",
            help="The class that maps are drawn for; without it, the most probable one.",
        ),
        click.Option(
            ["--only"],
            metavar="VIEWS",
            help="Some views alone: kernels, maps, field, gradcam, saliency, occlusion, strongest,"
            " features.",
        ),
    )


def _of_the_data() -> tuple[click.Option, ...]:
    """The options that choose examples."""
    return (
        click.Option(
            ["--example"],
            type=click.IntRange(0),
            metavar="N",
            help="Without IMAGE, the number of an example of the part.  [default: 0]",
        ),
        click.Option(
            ["--split"],
            default="test",
            show_default=True,
            metavar="PART",
            help="The part that examples are of: `train`, `val`, `test`, or what SPEC calls it.",
        ),
        click.Option(
            ["--count"],
            type=click.IntRange(1),
            default=1000,
            show_default=True,
            help="The most examples for views over a data set.",
        ),
    )


class _Asked(MachineAsked, FitAsked):
    """The values of the options but the weights."""

    out: str | None
    steps: tuple[str, ...]
    chosen: str | None
    example: int | None
    split: str
    count: int
    only: str | None
    json: bool
    quiet: bool


def _look(spec: str, words: tuple[str, ...], weights: str, **asked: Unpack[_Asked]) -> int:
    from netlang.diagnostics.texts import visible
    from netlang.targets import needs
    from netlang.targets.looking import looking_backend

    changes = [text for text in words if is_change(text)]
    images = [Path(text) for text in words if not is_change(text)]
    if len(images) > 1:
        raise click.UsageError(f"one image at a time: `{images[0]}` or `{images[1]}`")
    if images and asked["example"] is not None:
        raise click.UsageError("look at an image or at an example of the data, not at both")
    recipe, program = _opened(spec, changes)
    options = _options(recipe, program, Path(weights), images, asked)
    backend = looking_backend()
    seen = []
    with needs(backend.extra):
        for view in backend.look(recipe, program, options):
            seen.append(view)
            if not asked["json"]:
                click.echo(_shown(view))
        title = f"What {recipe.name if recipe else program.name} has learned"
        page = backend.write_page(seen, title, _about(recipe, program, options), options.folder)
    click.echo(_document(seen, page) if asked["json"] else f"all of it: {visible(str(page))}")
    return 0


def _opened(spec: str, changes: list[str]) -> tuple[Recipe | None, Program]:
    """The recipe that `spec` names with its net, or a net that has no recipe of its name."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.elaborate import load_program, means_recipe, resolve
    from netlang.recipes.load import load_recipe

    try:
        resolve(spec, "train")
    except NetlangError as error:
        try:
            program = load_program(spec)
        except NetlangError as other:
            same = other.diagnostics[0].code == error.diagnostics[0].code
            raise (error if same or means_recipe(spec, other) else other) from None
        if changes:
            raise click.UsageError(
                f"`{changes[0]}` changes a recipe, and `{spec}` is a net"
            ) from None
        return None, program
    return load_recipe(spec, changes)


def _options(
    recipe: Recipe | None, program: Program, weights: Path, images: list[Path], asked: _Asked
) -> LookOptions:
    from netlang.recipes.places import Places
    from netlang.targets.looking import LookOptions

    if recipe is None and images:
        raise click.UsageError(
            f"`{program.name}` is a net: how images are prepared for it is known of a recipe alone"
        )
    return LookOptions(
        folder_for(asked["out"], "look", recipe.name if recipe else program.name),
        weights,
        image=images[0] if images else None,
        example=asked["example"] or 0,
        split=part_named(recipe, asked["split"]) if recipe else "test",
        count=asked["count"],
        steps=asked["steps"],
        chosen=asked["chosen"],
        only=_views(asked["only"]),
        places=places(asked["data"], recipe) if recipe else Places(),
        fit=fit_of(asked),
        device=asked["device"],
        workers=asked["workers"],
        quiet=asked["quiet"],
    )


def _views(text: str | None) -> tuple[str, ...]:
    """The names of views in ``kernels,gradcam``."""
    from netlang.targets.looking import VIEWS

    found = tuple(word.strip() for word in text.split(",")) if text else ()
    for word in found:
        if word not in VIEWS:
            known = ", ".join(VIEWS)
            raise click.BadParameter(f"`{word}` is no view: {known}", param_hint="--only")
    return found


def _about(recipe: Recipe | None, program: Program, options: LookOptions) -> str:
    """What the page says of where its views come from."""
    net = f"Net {program.name}" + (f" of recipe {recipe.name}" if recipe else "")
    if recipe is None:
        seen = ""
    elif options.image is None:
        seen = f", looking at example {options.example} of the {options.split} part"
    else:
        seen = f", looking at {options.image.name}"
    return f"{net} with the weights {options.weights}{seen}."


def _shown(view: ViewSeen) -> str:
    """What the terminal shows of a view."""
    from netlang.cli.checkup import lined_up
    from netlang.diagnostics.texts import visible

    lines = [f"{view.view}: {'left out: ' if view.skipped else ''}{view.measured}"]
    lines += (f"    {line}" for line in lined_up(view.rows))
    pictures = [str(path) for path in view.pictures if path.suffix == ".png"]
    if pictures:
        lines.append(f"    drawn in {', '.join(pictures)}")
    return "\n".join(map(visible, lines))


def _document(seen: list[ViewSeen], page: Path) -> str:
    import json

    views = [
        {
            "view": view.view,
            "title": view.title,
            "about": view.about,
            "measured": view.measured,
            "left_out": view.skipped,
            "table": [list(row) for row in view.rows],
            "pictures": [str(path) for path in view.pictures],
        }
        for view in seen
    ]
    return json.dumps({"version": 1, "page": str(page), "views": views}, indent=2)
