"""Data sources as tensors: the real examples, checked to be those that everyone else has."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import final

import numpy as np
import torch
from torch import Tensor

from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import AugmentationNotTrainable, DataDiffers, DataNotTrainable
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Data, Digits, Mnist1d
from netlang.targets import needs

__all__ = ["MNIST1D_SHA256", "Examples", "Split", "load_split"]

# Of the bytes of x, y, x_test, y_test as little-endian float32 and int64.
MNIST1D_SHA256 = "b09ad3e22c854bc5a1948b85c373aab653ceb38c9170f5ed05b7d054e4160db9"


@final
@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs, one row for each example, and their labels."""

    inputs: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> Examples:
        return Examples(self.inputs.to(device), self.labels.to(device))

    def at(self, index: Tensor | slice) -> Examples:
        return Examples(self.inputs[index], self.labels[index])


@final
@dataclass(frozen=True, eq=False)
class Split:
    """What is trained on and what is tested on."""

    train: Examples
    test: Examples

    def to(self, device: torch.device) -> Split:
        return Split(self.train.to(device), self.test.to(device))


def load_split(recipe: Recipe) -> Split:
    """The examples of a recipe, normalized; raises `NetlangError` for what can't be had yet."""
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
    split = load(recipe)
    return Split(_normalized(split.train, recipe), _normalized(split.test, recipe))


def _normalized(examples: Examples, recipe: Recipe) -> Examples:
    if recipe.normalize is None:
        return examples
    shape = (-1,) + (1,) * (examples.inputs.dim() - 2)
    means = torch.tensor(recipe.normalize.means).reshape(shape)
    deviations = torch.tensor(recipe.normalize.deviations).reshape(shape)
    return Examples((examples.inputs - means) / deviations, examples.labels)


def _mnist1d(recipe: Recipe) -> Split:
    arrays = _generate_mnist1d()
    actual = sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    if actual != MNIST1D_SHA256:
        raise NetlangError(
            DataDiffers(
                span=recipe.places["data"], data="mnist1d", expected=MNIST1D_SHA256, actual=actual
            )
        )
    x, y, x_test, y_test = (torch.from_numpy(array.copy()) for array in arrays)
    return Split(Examples(x, y), Examples(x_test, y_test))


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


def _digits(recipe: Recipe) -> Split:
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
    return Split(
        Examples(images[~is_test], numbers[~is_test]), Examples(images[is_test], numbers[is_test])
    )


_SOURCES: Mapping[type[Data], Callable[[Recipe], Split]] = {Mnist1d: _mnist1d, Digits: _digits}
