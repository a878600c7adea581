"""How a script begins: imports, the weights that it draws, the numbers that it normalises by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import torch
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.diagnostics import NoScript
from netlang.backends.torch.eject.pace import plateau_of
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.recipes.initialize import Fill, lower_init
from netlang.backends.torch.recipes.normalize import lower_normalization
from netlang.diagnostics.core import NetlangError
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import ImageSource
from netlang.recipes.words.sizes import MultiScale
from netlang.recipes.words.timing import Chain, Schedule

__all__ = ["import_lines", "normalization", "require", "start_section"]


def require(recipe: Recipe, program: Program) -> None:
    """Raise `NetlangError` for what no script is written for."""
    data = recipe.data
    wanted = {
        "weights": recipe.weights is not None,
        "early_stopping": recipe.early_stopping is not None,
        "test": any(isinstance(step, MultiScale) for step in recipe.test_path),
        "schedule": plateau_of(recipe.schedule) not in (None, _last(recipe.schedule)),
        "model": len(program.net.inputs) != 1,
        "data": isinstance(data, ImageSource) and data.corrupt != "stop",
    }
    for key, refused in wanted.items():
        if refused:
            raise NetlangError(
                NoScript(span=recipe.places[key], what=f"this `{key}`", advice=f"remove `{key}`")
            )


def _last(schedule: Schedule) -> Schedule:
    return schedule.phases[-1] if isinstance(schedule, Chain) else schedule


def import_lines(imports: Iterable[str], text: str) -> Iterator[str]:
    """The imports whose names a text has, those of the standard library first."""
    used = [line for line in imports if re.search(rf"\b{line.split()[-1]}\b", text)]
    merged: dict[str, set[str]] = {}
    for line in used:
        head, _, names = line.partition(" import ") if line.startswith("from") else (line, "", "")
        merged.setdefault(head, set()).update({names} - {""})
    groups: dict[bool, list[str]] = {True: [], False: []}
    for head in sorted(merged, key=lambda head: (head.startswith("from"), head)):
        names = ", ".join(sorted(merged[head]))
        standard = head.split()[1].split(".")[0] in _STANDARD
        groups[standard].append(f"{head} import {names}" if names else head)
    yield from groups[True]
    yield ""
    yield from groups[False]


def normalization(recipe: Recipe, program: Program) -> Iterator[str]:
    """The constants of a normalisation of each channel."""
    if recipe.normalize is None:
        return
    given = lower_normalization(recipe.normalize).given
    if given is None:
        raise NetlangError(
            NoScript(
                span=recipe.places["normalize"],
                what="a normalization that is learned from the data",
                advice="give its numbers: `standardize(mean=[...], std=[...])`",
            )
        )
    axes = (-1,) + (1,) * (program.net.inputs[0].type.rank - 1)
    for name, values in zip(("MEAN", "STD"), given, strict=True):
        yield f"{name} = torch.tensor({list(values)!r}).reshape{axes}"


def start_section(recipe: Recipe, program: Program, model: str) -> Section:
    """The lines that make the model with the weights that `netlang train` draws."""
    section = Section()
    section.add("    torch.manual_seed(WEIGHTS)", f"    model = {model}()")
    fills = list(lower_init(recipe.init, program))
    if fills:
        section.add("    torch.manual_seed(INIT)")
        with torch.random.fork_rng([]):
            built = build(program)
        for fill in fills:
            section.add(*_filling(section, fill, built))
    return section


def _filling(section: Section, fill: Fill, model: nn.Module) -> Iterator[str]:
    """The lines that draw some weights: by the classes of their layers, where those say it all."""
    wanted = [id(each) for each in fill.weights(model)]
    layers = [each for each in model.modules() if id(getattr(each, "weight", None)) in wanted]
    kinds = tuple({type(each): None for each in layers})
    named = [id(each.weight) for each in model.modules() if isinstance(each, kinds)]
    if wanted and named == wanted and all(each.__module__.startswith("torch.") for each in kinds):
        names = ", ".join(f"nn.{each.__name__}" for each in kinds)
        yield "    for module in model.modules():"
        yield f"        if isinstance(module, {names if len(kinds) == 1 else f'({names})'}):"
        yield f"            {fill.fill.source('module.weight')}"
        return
    section.add(calls=(fill.weights.function,))
    for line in fill.source():
        yield f"    {line}"


_STANDARD = frozenset(
    ("argparse", "collections", "copy", "glob", "itertools", "math", "os", "typing")
)
