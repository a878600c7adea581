"""Class numbers of examples in memory: whole numbers from 0 on, alike in every part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from netlang.backends.torch.data.sets import Tensors
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.sources import ClassNotInTraining, DataUnfit
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.losses import LABEL

__all__ = ["checked_labels"]


def checked_labels(
    recipe: Recipe, parts: Mapping[str, Tensors], names: Sequence[str] = ()
) -> tuple[str, ...] | None:
    """The names of the classes: `names`, or their numbers; None without labels of one axis.

    Raises `NetlangError` for labels that are no class numbers, or none of the training part's.
    """
    found = {purpose: part.targets.get(LABEL) for purpose, part in parts.items()}
    labels = {use: each for use, each in found.items() if each is not None and each.dim() == 1}
    if "train" not in labels:
        return None
    for purpose, each in labels.items():
        _require_numbers(recipe, purpose, each)
    count = recipe.data.classes or len(names) or _most(labels["train"]) + 1
    for purpose, each in labels.items():
        if _most(each) >= count:
            raise _beyond(recipe, purpose, _most(each), count)
    return tuple(names) or tuple(map(str, range(count)))


def _most(labels: Tensor) -> int:
    return int(labels.max()) if len(labels) else -1


def _require_numbers(recipe: Recipe, purpose: str, labels: Tensor) -> None:
    if labels.dtype not in (torch.int64, torch.uint8):
        what = f"the labels for {purpose} are {str(labels.dtype).removeprefix('torch.')} numbers"
    elif len(labels) and labels.min() < 0:
        what = f"the labels for {purpose} go down to {int(labels.min())}"
    else:
        return
    advice = "classes are whole numbers from 0 on"
    raise NetlangError(DataUnfit(span=recipe.places["data"], what=what, advice=advice))


def _beyond(recipe: Recipe, purpose: str, label: int, count: int) -> NetlangError:
    span = recipe.places["data"]
    if recipe.data.classes is not None:
        what = f"the labels for {purpose} go up to {label}, but there are {count} classes"
        advice = f"they are numbered from 0 on: {label + 1} classes at least"
        return NetlangError(DataUnfit(span=span, what=what, advice=advice))
    return NetlangError(
        ClassNotInTraining(
            span=span, part=purpose, train="training", count="a class", names=f"`{label}`"
        )
    )
