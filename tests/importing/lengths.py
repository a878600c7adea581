"""A long run: specs of models of timm beside the classes that these are made of.

``python -m tests.importing.lengths [--names a,b]`` imports 30 models, drawn by a seed from those of
the reference and the 200 others of `tests.importing.survey`. For each it prints the tokens of the
spec, as a share of those of timm's own classes without docstrings and comments, and how many blocks
the spec has for how many forms of modules. Two modules have one form if they are of one class and
have children of the same names and forms: widths and kernels don't count, and layers without
children are no forms.
"""

from __future__ import annotations

import argparse
import inspect
import math
import random
import re
import statistics
from textwrap import dedent
from typing import TypeAlias

import torch
from torch import nn

from tests.importing.runs import Told, finish, named, options, survey
from tests.importing.survey import drawn, imported, measured, module_of
from tests.specs.length import classes_of, tokens_of_python, tokens_of_spec

_DRAWN = 30
_TOLD = re.compile(r"(\S+) of \d+ tokens, (\d+) blocks of (\d+) forms")
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)

Form: TypeAlias = "tuple[type, tuple[tuple[str, Form], ...]]"


def _both(most: float) -> list[str]:
    every = sorted({*measured(math.inf), *drawn(math.inf)})
    return random.Random(0).sample(every, _DRAWN)


def forms_of(model: nn.Module) -> set[Form]:
    """The forms of the modules with children but the outermost one and plain lists of modules."""
    return {
        _form(each)
        for each in model.modules()
        if each is not model and not isinstance(each, _CONTAINERS) and any(each.children())
    }


def _form(module: nn.Module) -> Form:
    return type(module), tuple((name, _form(each)) for name, each in module.named_children())


def _one(name: str) -> Told:
    text = imported(name).text
    with torch.device("meta"):
        model = module_of(name)[0]
    own = sum(tokens_of_python(dedent(inspect.getsource(each))) for each in classes_of(model))
    share, blocks = tokens_of_spec(text) / own, text.count("\nblock ")
    return True, f"{share:.2f} of {own} tokens, {blocks} blocks of {len(forms_of(model))} forms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    options(parser)
    asked = parser.parse_args()
    found = survey(named(asked, _both), _one, asked, "length")
    told = [_TOLD.fullmatch(text) for ok, text in found.values() if ok]
    rows = [tuple(map(float, each.groups())) for each in told if each]
    if rows:
        print(f"tokens: {statistics.median(row[0] for row in rows):.2f} of the classes' in median")
        print(f"blocks: at most {max(row[1] / max(row[2], 1) for row in rows):.2f} for each form")
    finish(found)


if __name__ == "__main__":
    main()
