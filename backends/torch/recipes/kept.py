"""Chooses the normalization of inputs for weights from a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import final

import torch

from netlang.backends.normalization import kept_normalization
from netlang.backends.torch.recipes.normalize import Normalizer
from netlang.recipes.check.prepared import prepared_shape
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

    See `kept_normalization`.
    """
    shape, _ = prepared_shape(recipe, recipe.test_path)
    kept = kept_normalization(recipe, facts, weights, shape, say)
    if kept is None or kept.numbers is None:
        return None if kept is None else KeptNormalizer(None)
    return KeptNormalizer(Normalizer.of(kept.numbers, device))
