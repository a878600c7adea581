"""Chooses the normalization of inputs for weights from a file.

Weights are useful only with the normalization that they were trained with, which a run stores
beside them. So that one is used, whatever the recipe says now, unless the user overrides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from netlang.backends.torch.recipes.normalize import Normalizer
from netlang.backends.weights import read_entry
from netlang.backends.weights.diagnostics import UnreadableWeights
from netlang.backends.weights.facts import fit_to_show
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType
from netlang.recipes.check.paths import shown_shape
from netlang.recipes.check.prepared import prepared_shape
from netlang.recipes.overrides import read_override
from netlang.recipes.recipe import Recipe
from netlang.records import Record

__all__ = ["kept_normalizer"]


@final
class KeptNormalizer(Record):
    """The normalizer that a run stored; None if it trained on unchanged inputs."""

    normalizer: Normalizer | None


def kept_normalizer(
    recipe: Recipe,
    facts: Mapping[str, object],
    weights: Path,
    device: torch.device,
    say: Callable[[str], None],
) -> KeptNormalizer | None:
    """The normalizer of the run that wrote `facts` beside its weights; None for the recipe's own.

    The recipe's own applies to weights that store none, and if `normalize` was overridden by
    something other than what they were trained with. `say` gets a message if weights and recipe
    differ. Raises `NetlangError`, naming `weights`, if the stored normalization isn't one or isn't
    for inputs of the recipe's shape.
    """
    if "normalization" not in facts:
        return None
    theirs, ours = _stored_normalization(facts), recipe.describe()["normalize"]
    shown = fit_to_show(theirs) or "one that they don't name"
    asked = any(read_override(text).key == "normalize" for text in recipe.overrides)
    if asked and theirs != ours:
        say(f"normalize: {ours}, as asked for; the weights were trained with {shown}")
        return None
    if theirs is not None and theirs != ours:
        say(f"normalize: {shown}, as the weights were trained; the recipe has {ours}")
    kept = facts["normalization"]
    if not isinstance(kept, dict):
        return KeptNormalizer(None)
    try:
        normalizer = Normalizer.from_facts(kept, _beside(kept, weights), device)
    except ValueError:
        raise _unreadable(weights, "the normalization that it tells of isn't one") from None
    shape, _ = prepared_shape(recipe, recipe.test_path)
    try:
        normalizer.require_for(shape)
    except ValueError:
        reason = f"its normalization isn't for inputs of the shape {shown_shape(shape)}"
        raise _unreadable(weights, reason) from None
    return KeptNormalizer(normalizer)


def _unreadable(weights: Path, reason: str) -> NetlangError:
    return NetlangError(UnreadableWeights(span=None, source=str(weights), reason=reason))


def _beside(kept: Mapping[str, object], weights: Path) -> dict[str, Tensor]:
    """The tensors of the file that the normalization names; most name none.

    They take no more than the file holds: the header of a safetensors file can't declare more.
    """
    numbers = kept.get("numbers")
    listed = numbers if isinstance(numbers, list) else []
    named = [each.get("tensor") for each in listed if isinstance(each, dict)]
    if not any(isinstance(each, str) for each in named):
        return {}
    found = read_entry(weights, None).beside
    # What is beyond the type becomes infinite, and is refused as that.
    return {
        name: torch.from_numpy(stored.bound_for(DType.FLOAT32).array(DType.FLOAT32).copy())
        for name, stored in found.items()
        if name in named and stored.fits(DType.FLOAT32)
    }


def _stored_normalization(facts: Mapping[str, object]) -> str | None:
    """The normalization as written in the recipe of the stored weights."""
    keys = facts.get("keys")
    told = keys.get("normalize") if isinstance(keys, dict) else None
    return told if isinstance(told, str) else None
