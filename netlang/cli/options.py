"""Arguments and options shared by several verbs, and how their texts are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import click

if TYPE_CHECKING:
    from netlang.build import BuildOptions, Fit
    from netlang.recipes.places import Places
    from netlang.recipes.recipe import Recipe

__all__ = [
    "FitAsked", "MachineAsked", "ProcessesAsked", "WeightsAsked", "build_options", "data_option",
    "fit_of", "fit_options", "folder_for", "is_change", "outputs", "part_named", "places",
    "recipe_arguments", "require_different", "spec_argument", "weight_options", "workers_option",
]  # fmt: skip


def spec_argument() -> click.Argument:
    """The net, recipe or file that a verb works on."""
    return click.Argument(["spec"], metavar="SPEC")


def recipe_arguments() -> tuple[click.Argument, click.Argument]:
    """The recipe, and the changes to it."""
    return (
        click.Argument(["spec"], metavar="RECIPE"),
        click.Argument(["changes"], nargs=-1, metavar="[KEY=VALUE]..."),
    )


_INTO_FILES = (
    "Weights by their keys, from .safetensors or a PyTorch state dict (.pth). They go into .onnx;"
    " for .py they are checked only."
)


def weight_options(of_weights: str = _INTO_FILES) -> tuple[click.Option, ...]:
    """The options that say where the weights of a model come from; `of_weights` is for the help."""
    return (
        click.Option(
            ["--weights"],
            metavar="FILE",
            help=of_weights,
        ),
        click.Option(
            ["--partial"],
            is_flag=True,
            help="Load what fits from --weights and draw the others from the seed.",
        ),
        *fit_options(),
        click.Option(
            ["--seed"],
            type=click.IntRange(0, 2**63 - 1),
            default=0,
            show_default=True,
            help="Seed of the initial weights.",
        ),
    )


def fit_options() -> tuple[click.Option, ...]:
    """The options that say which tensors of the --weights file are used, under which keys."""
    return (
        click.Option(
            ["--prefix", "prefixes"],
            multiple=True,
            metavar="OLD=NEW",
            help="Keys of --weights that start with OLD start with NEW; `module.=` drops a word.",
        ),
        click.Option(
            ["--entry"],
            metavar="NAME",
            help="Where a checkpoint of --weights has several sets of weights: the one to take.",
        ),
    )


class FitAsked(TypedDict):
    """The values of `fit_options` on the command line."""

    prefixes: tuple[str, ...]
    entry: str | None


def fit_of(asked: FitAsked) -> Fit:
    """The options of `fit_options` as one object, for verbs that need all weights."""
    from netlang.build import Fit

    prefixes = tuple(map(_prefix, asked["prefixes"]))
    return Fit(prefixes=prefixes, entry=asked["entry"], offers_partial=False)


class WeightsAsked(FitAsked):
    """The values of `weight_options` on the command line."""

    weights: str | None
    partial: bool
    seed: int


def build_options(asked: WeightsAsked) -> BuildOptions:
    """The options of `weight_options` as one object."""
    from netlang.build import BuildOptions, Fit

    file = asked["weights"]
    given = {
        "--partial": asked["partial"],
        "--prefix": asked["prefixes"],
        "--entry": asked["entry"] is not None,
    }
    for option in (option for option, value in given.items() if value and file is None):
        raise click.UsageError(f"{option} says how to read --weights, which is missing")
    fit = Fit(asked["partial"], tuple(map(_prefix, asked["prefixes"])), asked["entry"])
    return BuildOptions(Path(file) if file is not None else None, fit, asked["seed"])


def _prefix(text: str) -> tuple[str, str]:
    old, sign, new = text.partition("=")
    if not sign or old == new:
        raise click.BadParameter(
            f"`{text}` doesn't say what becomes what: write OLD=NEW", param_hint="--prefix"
        )
    return old, new


class MachineAsked(TypedDict):
    """The values of the options that say where data are and what computes."""

    data: tuple[str, ...]
    device: str | None
    workers: int | None


class ProcessesAsked(MachineAsked):
    """Those, and whether several processes share a model."""

    shard: bool


def data_option() -> click.Option:
    """The location of data sets and trained weights."""
    return click.Option(
        ["--data"],
        metavar="NAME=PATH",
        multiple=True,
        help="Where a data set of the recipe, or weights that it starts from, lie.",
    )


def workers_option() -> click.Option:
    """The number of processes that prepare images; it doesn't affect the results."""
    return click.Option(
        ["--workers"],
        type=click.IntRange(0, 1024),
        metavar="N",
        help="Processes that prepare images in files; one for each core but one without it.",
    )


def places(texts: Sequence[str], recipe: Recipe) -> Places:
    """The ``NAME=PATH`` arguments of a command line; `recipe` must need each of them."""
    from netlang.recipes.places import Places

    found: dict[str, Path] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise click.BadParameter(f"`{text}` is not NAME=PATH", param_hint="--data")
        if name in found:
            raise click.BadParameter(f"`{name}` is given twice", param_hint="--data")
        found[name] = Path(path)
    where = Places(found)
    where.require_used(recipe)
    return where


def outputs(names: Sequence[str]) -> tuple[Path, ...]:
    """The files to write, each once."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import SameOutputTwice

    paths = tuple(Path(name) for name in names)
    for path in paths:
        if paths.count(path) > 1:
            raise NetlangError(SameOutputTwice(span=None, path=str(path)))
    return paths


def part_named(recipe: Recipe, word: str) -> str:
    """The part of the recipe's data that a word of `--split` stands for."""
    from netlang.recipes.words.parts import known_parts, part_of

    if found := part_of(recipe.data, word):
        return found
    known = known_parts(recipe.data)
    raise click.BadParameter(f"`{word}` is no part of the data: {known}", param_hint="--split")


def require_different(files: Iterable[Path]) -> None:
    """Raise `click.UsageError` if a file is given twice, perhaps by a link: it would count so."""
    from netlang.regular import real_path

    known = set[Path]()
    for path in files:
        if real_path(path) in known:
            raise click.UsageError(f"{path} is given twice")
        known.add(real_path(path))


def folder_for(out: str | None, *default: str) -> Path:
    """Where pictures go. That it can't be is said before minutes of work, not after them."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import WriteFailed

    folder = Path(out) if out else Path(*default)
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            reason = f"`{place}` is a file, not a folder"
            raise NetlangError(WriteFailed(span=None, path=str(folder), reason=reason))
    return folder


def is_change(text: str) -> bool:
    """Whether a word is a change of the recipe; an existing file is an image, whatever its name."""
    return text.partition("=")[0].isidentifier() and "=" in text and not Path(text).exists()
