"""Loads the parts of a recipe's data source: read, checked, and split as the recipe says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from netlang.backends.torch.data.scan import damaged
from netlang.backends.torch.data.sets import Examples, Images, Parts
from netlang.backends.torch.data.sources.arrays import load_arrays
from netlang.backends.torch.data.sources.cifar import load_cifar
from netlang.backends.torch.data.sources.generated import load_digits_of_sklearn, load_mnist1d
from netlang.backends.torch.data.sources.hugging_face import load_hugging_face
from netlang.backends.torch.data.sources.idx import load_idx
from netlang.backends.torch.data.sources.image_folder import load_image_folder
from netlang.backends.torch.data.sources.shards import load_shards
from netlang.backends.torch.data.sources.vision import load_torchvision
from netlang.backends.torch.data.splits import split
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataUnfit
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import (
    Arrays,
    Cifar10,
    Cifar100,
    Data,
    Digits,
    HuggingFace,
    Idx,
    ImageFolder,
    Mnist1d,
    Shards,
    Torchvision,
)
from netlang.recipes.words.data_images import ImageSource

__all__ = ["load_parts"]

Say = Callable[[str], None]
_SHOWN = 10


def load_parts(recipe: Recipe, places: Places, say: Say = lambda _: None) -> Parts:
    """The parts of a recipe's data, in memory or in files, as they are stored.

    `say` gets messages about what takes long. Raises `NetlangError` if data are missing, damaged,
    or lack what the recipe wants.
    """
    data, span = recipe.data, recipe.places["data"]
    if data.place is None:
        parts = _MADE[type(data)](recipe)
    elif isinstance(data, HuggingFace) and data.repository and not places.known(data.place):
        parts = load_hugging_face(recipe, None)
        parts = _without_damaged(recipe, parts, Path(data.repository), say)
    else:
        root = places.find(data.place, span)
        parts = _without_damaged(recipe, _READ[type(data)](recipe, root), root, say)
    if recipe.validation is not None:
        train, validation = split(parts.train, recipe.validation, recipe.seed)
        parts = replace(parts, train=train, validation=validation)
    _require_examples(recipe, parts)
    return replace(parts, notes=(*parts.notes, *_absent(recipe, parts)))


_MADE: Mapping[type[Data], Callable[[Recipe], Parts]] = {
    Mnist1d: load_mnist1d,
    Digits: load_digits_of_sklearn,
}
_READ: Mapping[type[Data], Callable[[Recipe, Path], Parts]] = {
    ImageFolder: load_image_folder,
    Shards: load_shards,
    HuggingFace: load_hugging_face,
    Torchvision: load_torchvision,
    Arrays: load_arrays,
    Idx: load_idx,
    Cifar10: load_cifar,
    Cifar100: load_cifar,
}


def _without_damaged(recipe: Recipe, parts: Parts, root: Path, say: Say) -> Parts:
    """The parts without undecodable images, if the recipe skips these; they are reported."""
    if not isinstance(recipe.data, ImageSource) or recipe.data.corrupt != "skip":
        return parts
    train, more = _undamaged(parts.train, root, say)
    notes = [*parts.notes, *more]
    others: list[Examples | None] = []
    for part in (parts.validation, parts.test):
        kept, more = (None, ()) if part is None else _undamaged(part, root, say)
        others.append(kept)
        notes += more
    return Parts(train, others[0], others[1], parts.classes, tuple(notes))


def _undamaged(part: Examples, root: Path, say: Say) -> tuple[Examples, tuple[str, ...]]:
    assert isinstance(part, Images)
    found = damaged(part, root, say)
    if not found:
        return part, ()
    numbers = np.setdiff1d(np.arange(len(part)), np.array(sorted(found), np.int64))
    names = "; ".join(f"{part.name(n)}: {found[n]}" for n in sorted(found)[:_SHOWN])
    more = "; ..." if len(found) > _SHOWN else ""
    what = "image is" if len(found) == 1 else "images are"
    return part.subset(numbers), (f"{len(found)} {what} damaged and left out: {names}{more}",)


def _absent(recipe: Recipe, parts: Parts) -> Iterator[str]:
    """Classes of the training part of which a separate part has no examples."""
    trained = parts.train.labels
    if parts.classes is None or trained is None:
        return
    own = {"validation": None if recipe.validation else parts.validation, "the test": parts.test}
    for purpose, part in own.items():
        labels = None if part is None else part.labels
        if labels is not None:
            names = [parts.classes[number] for number in np.setdiff1d(trained, labels).tolist()]
            shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            if names:
                yield f"no examples of {shown}{more} for {purpose}: its scores leave them out"


def _require_examples(recipe: Recipe, parts: Parts) -> None:
    named = {"training": parts.train, "validation": parts.validation, "test": parts.test}
    for purpose, part in named.items():
        if part is not None and len(part) == 0:
            what = f"`{recipe.data.name}` has no examples for {purpose}"
            advice = "look at the files: are they where they should be, with the usual endings?"
            if purpose == "validation" and recipe.validation is not None:
                advice = "the share is too small for so few examples"
            elif isinstance(recipe.data, ImageFolder):
                advice = "each class needs a folder of its own: `cat/1.jpg`, `dog/2.jpg`"
            raise NetlangError(DataUnfit(span=recipe.places["data"], what=what, advice=advice))
