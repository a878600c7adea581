"""Data sets that a package holds or makes: the real examples, checked to be what everyone has."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import DataDiffers
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Digits
from netlang.targets import needs

__all__ = ["DIGITS_SHA256", "MNIST1D_SHA256", "load_digits_of_sklearn", "load_mnist1d"]

# Of the bytes of x, y, x_test, y_test as little-endian float32 and int64.
MNIST1D_SHA256 = "b09ad3e22c854bc5a1948b85c373aab653ceb38c9170f5ed05b7d054e4160db9"
# Of the table of digits as little-endian float64.
DIGITS_SHA256 = "30aa855cd90427ff3c4996b3f40109597c57049f8a038cc52db1efeac8ad2e26"
_CLASSES = tuple("0123456789")


def load_mnist1d(recipe: Recipe) -> Parts:
    """4000 signals to train on and 1000 for the test; raises `NetlangError` where they differ."""
    arrays = _generate_mnist1d()
    actual = sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    if actual != MNIST1D_SHA256:
        raise NetlangError(
            DataDiffers(
                span=recipe.places["data"], data="mnist1d", expected=MNIST1D_SHA256, actual=actual
            )
        )
    x, y, x_test, y_test = (torch.from_numpy(array.copy()) for array in arrays)
    return Parts(Tensors((x,), {"label": y}), None, Tensors((x_test,), {"label": y_test}), _CLASSES)


@cache
def _generate_mnist1d() -> tuple[NDArray[np.generic], ...]:
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


def _table_of_sklearn() -> NDArray[np.float64]:
    """Its file of digits, ``[1797, 65]``: 64 pixels from 0 to 16, and the label.

    Read as scikit-learn reads it, which takes a second to import.
    """
    with needs("data"):
        found = find_spec("sklearn")
        if found is None or not found.submodule_search_locations:
            raise ModuleNotFoundError(name="sklearn")
    path = Path(found.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    return np.loadtxt(path, delimiter=",")


def load_digits_of_sklearn(recipe: Recipe) -> Parts:
    """Images ``[1, size, size]``, 0..1; every fifth is for the test."""
    assert isinstance(recipe.data, Digits)
    table = _table_of_sklearn()
    actual = sha256(table.astype("<f8").tobytes()).hexdigest()
    if actual != DIGITS_SHA256:
        raise NetlangError(
            DataDiffers(
                span=recipe.places["data"], data="digits", expected=DIGITS_SHA256, actual=actual
            )
        )
    images = torch.from_numpy(table[:, :-1]).float().reshape(-1, 1, 8, 8) / 16.0
    if recipe.data.size != 8:
        images = torch.nn.functional.interpolate(
            images, size=(recipe.data.size,) * 2, mode="bilinear", antialias=True
        ).clamp(0.0, 1.0)
    numbers = torch.from_numpy(table[:, -1]).long()
    is_test = torch.arange(len(numbers)) % 5 == 4
    train = Tensors((images[~is_test],), {"label": numbers[~is_test]})
    return Parts(train, None, Tensors((images[is_test],), {"label": numbers[is_test]}), _CLASSES)
