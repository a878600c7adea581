"""The beginning of a script: imports, initial weights, numbers for normalization."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

import torch
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.recipes.initialize import Fill, lower_init
from netlang.backends.torch.seeds import derived_seed
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe

__all__ = ["IMPORTS", "import_lines", "start_section"]


def import_lines(imports: Iterable[str], text: str) -> Iterator[str]:
    """The imports that a text needs, those of the standard library first."""
    read = {each.id for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Name)}
    used = [line for line in imports if line.split()[-1].split(".")[0] in read]
    merged: dict[str, set[str]] = {}
    for line in used:
        head, _, names = line.partition(" import ") if line.startswith("from") else (line, "", "")
        merged.setdefault(head, set()).update({names} - {""})
    groups: dict[bool, list[str]] = {True: [], False: []}
    for head in sorted(merged, key=lambda head: (head.startswith("from"), head)):
        names = ", ".join(sorted(merged[head]))
        standard = head.split()[1].split(".")[0] in sys.stdlib_module_names
        groups[standard].append(f"{head} import {names}" if names else head)
    yield from groups[True]
    yield ""
    yield from groups[False]


def start_section(recipe: Recipe, program: Program) -> Section:
    """The lines that give the model the weights that `netlang train` draws."""
    section = Section()
    fills = list(lower_init(recipe.init, program))
    if fills:
        section.add(f"    torch.manual_seed({derived_seed(recipe.seed, 'init')})")
        with torch.random.fork_rng([]):
            built = build(program)
        for fill in fills:
            section.add(*_filling(section, fill, built))
    return section


def _filling(section: Section, fill: Fill, model: nn.Module) -> Iterator[str]:
    """The lines that draw some of the weights, by layer class if that suffices."""
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


IMPORTS = frozenset(
    (
        "import argparse",
        "import copy",
        "import math",
        "import os",
        "import signal",
        "from collections import namedtuple",
        "import numpy as np",
        "import torch",
        "import torch.distributed as dist",
        "import torch.nn.functional as F",
        "from torch import nn",
        "from torch import optim",
        "from torch.utils.data import DataLoader",
        "from torch.utils.data import Dataset",
    )
)
