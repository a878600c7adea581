"""Data sources as tensors: the real examples, checked to be those that everyone else has."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256

import numpy as np
import torch

from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.train.devices import derived_seed
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import AugmentationNotTrainable, DataDiffers, DataNotTrainable
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Data, Digits, Mnist1d
from netlang.recipes.words.losses import LABEL
from netlang.targets import needs

__all__ = ["MNIST1D_SHA256", "load_parts"]

# Of the bytes of x, y, x_test, y_test as little-endian float32 and int64.
MNIST1D_SHA256 = "b09ad3e22c854bc5a1948b85c373aab653ceb38c9170f5ed05b7d054e4160db9"


def load_parts(recipe: Recipe) -> Parts:
    """The parts of a recipe's data, normalized; raises `NetlangError` for what can't be had yet."""
    load = _SOURCES.get(type(recipe.data))
    if load is None:
        names = ", ".join(f"`{source.name}`" for source in _SOURCES)
        raise NetlangError(
            DataNotTrainable(span=recipe.places["data"], data=recipe.data.name, available=names)
        )
    for key, steps in (("augment", recipe.augment), ("test", recipe.test)):
        if steps:
            raise NetlangError(
                AugmentationNotTrainable(
                    span=recipe.places[key],
                    augmentation=steps[0].name,
                    data=recipe.data.name,
                    key=key,
                )
            )
    train, test = (_normalized(part, recipe) for part in load(recipe))
    kept, validation = _held_out(train, recipe)
    return Parts(kept, validation, test, tuple(map(str, range(10))))


def _held_out(train: Tensors, recipe: Recipe) -> tuple[Tensors, Tensors | None]:
    """A share of each class for validation, drawn by the seed."""
    if recipe.validation is None:
        return train, None
    labels = train.labels
    assert labels is not None
    order = epoch_order(derived_seed(recipe.seed, "validation"), 0, len(train))
    chosen = np.zeros(len(train), dtype=bool)
    for label in np.unique(labels):
        mine = order[labels[order] == label]
        chosen[mine[: round(recipe.validation * len(mine))]] = True
    return train.subset(np.flatnonzero(~chosen)), train.subset(np.flatnonzero(chosen))


def _normalized(examples: Tensors, recipe: Recipe) -> Tensors:
    if recipe.normalize is None:
        return examples
    inputs = examples.inputs[0]
    shape = (-1,) + (1,) * (inputs.dim() - 2)
    means = torch.tensor(recipe.normalize.means).reshape(shape)
    deviations = torch.tensor(recipe.normalize.deviations).reshape(shape)
    return Tensors(((inputs - means) / deviations,), examples.targets)


def _mnist1d(recipe: Recipe) -> tuple[Tensors, Tensors]:
    arrays = _generate_mnist1d()
    actual = sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    if actual != MNIST1D_SHA256:
        raise NetlangError(
            DataDiffers(
                span=recipe.places["data"], data="mnist1d", expected=MNIST1D_SHA256, actual=actual
            )
        )
    x, y, x_test, y_test = (torch.from_numpy(array.copy()) for array in arrays)
    return Tensors((x,), {LABEL: y}), Tensors((x_test,), {LABEL: y_test})


@cache
def _generate_mnist1d() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.generic]], ...]:
    """The arrays that the authors' generator makes from its default seed; nothing is downloaded."""
    with needs("data"):
        from mnist1d.data import get_dataset_args, make_dataset
    with _global_randomness_kept():
        made = make_dataset(get_dataset_args())
    kinds = (("x", "<f4"), ("y", "<i8"), ("x_test", "<f4"), ("y_test", "<i8"))
    return tuple(np.ascontiguousarray(made[key], dtype=kind) for key, kind in kinds)


@contextmanager
def _global_randomness_kept() -> Iterator[None]:
    """The generator seeds the global random streams; they are put back."""
    before, numpy_before = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)


def _digits(recipe: Recipe) -> tuple[Tensors, Tensors]:
    assert isinstance(recipe.data, Digits)
    with needs("data"):
        # scikit-learn has no type information.
        from sklearn.datasets import load_digits  # type: ignore[import-untyped]
    pixels, labels = load_digits(return_X_y=True)
    images = torch.from_numpy(pixels).float().reshape(-1, 1, 8, 8) / 16.0
    if recipe.data.size != 8:
        images = torch.nn.functional.interpolate(
            images, size=(recipe.data.size,) * 2, mode="bilinear", antialias=True
        ).clamp(0.0, 1.0)
    numbers = torch.from_numpy(labels).long()
    is_test = torch.arange(len(numbers)) % 5 == 4
    return (
        Tensors((images[~is_test],), {LABEL: numbers[~is_test]}),
        Tensors((images[is_test],), {LABEL: numbers[is_test]}),
    )


_SOURCES: Mapping[type[Data], Callable[[Recipe], tuple[Tensors, Tensors]]] = {
    Mnist1d: _mnist1d,
    Digits: _digits,
}
