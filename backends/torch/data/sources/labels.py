"""Class numbers of examples in memory: whole numbers from 0, alike in every part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.data.sets import Tensors
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.diagnostics.training.data import ClassNotInTraining, DataUnfit
from netlang.recipes.recipe import Recipe

__all__ = ["checked_labels", "numbered_labels"]

_SHOWN = 20


def checked_labels(
    recipe: Recipe, parts: Mapping[str, Tensors], names: Sequence[str] = ()
) -> tuple[str, ...] | None:
    """The names of the classes: `names`, or their numbers; None without labels of one axis.

    Raises `NetlangError` for labels that aren't class numbers, or don't occur in training.
    """
    target = recipe.class_target or ""
    found = {purpose: part.targets.get(target) for purpose, part in parts.items()}
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


def numbered_labels(
    recipe: Recipe, written: Mapping[str, NDArray[np.str_]], names: Sequence[str] = ()
) -> tuple[dict[str, NDArray[np.int64]], tuple[str, ...]]:
    """Class numbers for each part, from labels as text, and the names of the classes.

    Whole numbers are class numbers, named by `names` if given; other texts are class names, in the
    order of `names` or sorted. Raises `NetlangError` for a label that training lacks.
    """
    found = {purpose: np.unique(each) for purpose, each in written.items()}
    if all(text.isascii() and text.isdigit() for each in found.values() for text in each.tolist()):
        labels = {purpose: _class_numbers(recipe, each) for purpose, each in written.items()}
        count = len(names) or _most_of(labels["train"]) + 1
        for purpose, each in labels.items():
            if _most_of(each) >= count:
                raise _unknown(recipe, purpose, [str(_most_of(each))])
        return labels, tuple(names) or tuple(map(str, range(count)))
    classes = tuple(names) or tuple(found["train"].tolist())
    places = {name: number for number, name in enumerate(classes)}
    labels = {}
    for purpose, texts in written.items():
        unknown = [text for text in found[purpose].tolist() if text not in places]
        if unknown:
            raise _unknown(recipe, purpose, unknown)
        labels[purpose] = np.array([places[text] for text in texts.tolist()], np.int64)
    return labels, classes


def _class_numbers(recipe: Recipe, written: NDArray[np.str_]) -> NDArray[np.int64]:
    if any(len(text) > 9 for text in np.unique(written).tolist()):
        what, advice = "a label has more than nine digits", "classes are numbered from 0 on"
        raise NetlangError(DataUnfit(span=recipe.places["data"], what=what, advice=advice))
    return written.astype(np.int64)


def _most_of(labels: NDArray[np.int64]) -> int:
    return int(labels.max()) if len(labels) else -1


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
    return _unknown(recipe, purpose, [str(label)])


def _unknown(recipe: Recipe, purpose: str, names: list[str]) -> NetlangError:
    return NetlangError(
        ClassNotInTraining(
            span=recipe.places["data"],
            part=purpose,
            train="training",
            count="a class" if len(names) == 1 else f"{len(names)} classes",
            names=listed(names, _SHOWN),
        )
    )
