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
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType
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
    differ. Raises `NetlangError`, naming `weights`, if the stored normalization can't be used.
    """
    if "normalization" not in facts:
        return None
    theirs, ours = _stored_normalization(facts), recipe.describe()["normalize"]
    asked = any(read_override(text).key == "normalize" for text in recipe.overrides)
    if asked and theirs != ours:
        trained = theirs or "one that they don't name"
        say(f"normalize: {ours}, as asked for; the weights were trained with {trained}")
        return None
    if theirs is not None and theirs != ours:
        say(f"normalize: {theirs}, as the weights were trained; the recipe has {ours}")
    kept = facts["normalization"]
    if not isinstance(kept, dict):
        return KeptNormalizer(None)
    try:
        return KeptNormalizer(Normalizer.from_facts(kept, _beside(kept, weights), device))
    except ValueError:
        reason = "the normalization that it tells of isn't one"
        raise NetlangError(
            UnreadableWeights(span=None, source=str(weights), reason=reason)
        ) from None


def _beside(kept: Mapping[str, object], weights: Path) -> dict[str, Tensor]:
    """The tensors of the file that the normalization names; most name none."""
    numbers = kept.get("numbers")
    listed = numbers if isinstance(numbers, list) else []
    if not any(isinstance(each, dict) and "tensor" in each for each in listed):
        return {}
    found = read_entry(weights, None).beside
    return {
        name: torch.from_numpy(stored.array(DType.FLOAT32).copy())
        for name, stored in found.items()
        if stored.fits(DType.FLOAT32)
    }


def _stored_normalization(facts: Mapping[str, object]) -> str | None:
    """The normalization as written in the recipe of the stored weights."""
    keys = facts.get("keys")
    told = keys.get("normalize") if isinstance(keys, dict) else None
    return told if isinstance(told, str) else None
