"""Trained weights that a run starts from: taken from a file under the labels that a recipe says."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from netlang.backends.torch.run.weights import tensor_of
from netlang.backends.weights import Report, Stored, match, read_weights, slots
from netlang.backends.weights.diagnostics import WeightsMismatch
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes.check.optimizer import below
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe

__all__ = ["load_pretrained", "renamed"]


def load_pretrained(model: nn.Module, recipe: Recipe, program: Program, places: Places) -> None:
    """Fill the model with the weights that the recipe names, if it does.

    What it skips keeps its fresh weights; keys of the file that the net doesn't have are left out.
    Raises `NetlangError` where a weight is missing or has another shape, listing all of them.
    """
    wanted = recipe.weights
    if wanted is None:
        return
    path = places.find(wanted.file, recipe.places.get("weights"))
    stored = renamed(read_weights(path), wanted.rename)
    needed = [slot for slot in slots(program) if not below(slot.key, wanted.skip)]
    fitting, report = match(needed, stored)
    lacking = Report(report.missing, (), report.misshapen)
    if lacking:
        raise NetlangError(
            WeightsMismatch(
                span=recipe.places.get("weights"), source=f"`{path}`", net=program.name,
                counts=lacking.counts, rows=lacking.rows(),
                advice="name what starts fresh with `skip`, other labels with `rename`",
            )
        )  # fmt: skip
    own = model.state_dict()
    with torch.no_grad():
        for slot in needed:
            if slot.key in fitting:
                own[slot.key].copy_(tensor_of(np.array(fitting[slot.key].array(slot.dtype))))


def renamed(stored: Mapping[str, Stored], pairs: tuple[tuple[str, str], ...]) -> dict[str, Stored]:
    """The tensors under the labels of the net; of labels that fit a key, the longest counts."""
    longest = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)
    found: dict[str, Stored] = {}
    for key, value in stored.items():
        old, new = next(((a, b) for a, b in longest if below(key, (a,))), ("", ""))
        found[new + key.removeprefix(old) if old else key] = value
    return found
