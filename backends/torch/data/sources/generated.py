"""Data sets that a package contains or generates, checked to be the usual examples."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.atomic import replace_file
from netlang.backends.torch.data.scan import cache_folder
from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import DataDiffers
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Digits
from netlang.targets import needs

__all__ = ["DIGITS_SHA256", "MNIST1D_SHA256", "load_digits_of_sklearn", "load_mnist1d"]

# Of the bytes of x, y, x_test, y_test as little-endian float32 and int64.
MNIST1D_SHA256 = "b09ad3e22c854bc5a1948b85c373aab653ceb38c9170f5ed05b7d054e4160db9"
# Of the table of digits as little-endian float64.
DIGITS_SHA256 = "30aa855cd90427ff3c4996b3f40109597c57049f8a038cc52db1efeac8ad2e26"
_MNIST1D = (
    ("x", "<f4", (4000, 40)), ("y", "<i8", (4000,)),
    ("x_test", "<f4", (1000, 40)), ("y_test", "<i8", (1000,)),
)  # fmt: skip
_MNIST1D_BYTES = sum(prod(shape) * np.dtype(kind).itemsize for _, kind, shape in _MNIST1D)
_CLASSES = tuple("0123456789")


def load_mnist1d(recipe: Recipe) -> Parts:
    """4000 signals for training and 1000 for the test. Raises `NetlangError` if they differ."""
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
    """The arrays that the authors' generator makes from its default seed. Nothing is downloaded.

    This takes seconds, so the arrays are cached, and used again only if every byte is right.
    """
    file = cache_folder() / "mnist1d.bin"
    content = _kept(file)
    if content is None:
        content = b"".join(array.tobytes() for array in _made_by_its_authors())
        _keep(file, content)
    return tuple(_arrays(content))


def _kept(file: Path) -> bytes | None:
    try:
        if file.stat().st_size != _MNIST1D_BYTES:
            return None
        content = file.read_bytes()
    except OSError:
        return None
    return content if sha256(content).hexdigest() == MNIST1D_SHA256 else None


def _keep(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, content)
    except OSError:
        # Without them the next run makes them again.
        return


def _made_by_its_authors() -> Iterator[NDArray[np.generic]]:
    with needs("data"):
        from mnist1d.data import get_dataset_args, make_dataset
    with _global_randomness_kept():
        made = make_dataset(get_dataset_args())
    for name, kind, shape in _MNIST1D:
        yield np.ascontiguousarray(made[name], dtype=kind).reshape(shape)


def _arrays(content: bytes) -> Iterator[NDArray[np.generic]]:
    start = 0
    for _, kind, shape in _MNIST1D:
        array: NDArray[np.generic] = np.frombuffer(content, kind, prod(shape), start)
        start += array.nbytes
        yield array.reshape(shape)


@contextmanager
def _global_randomness_kept() -> Iterator[None]:
    """Restores the global random streams, which the generator seeds."""
    before, numpy_before = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)


def _table_of_sklearn() -> NDArray[np.float64]:
    """The file of digits, ``[1797, 65]``: 64 pixels from 0 to 16, and the label.

    Parsed as scikit-learn does, which itself takes a second to import.
    """
    with needs("data"):
        found = find_spec("sklearn")
        if found is None or not found.submodule_search_locations:
            raise ModuleNotFoundError(name="sklearn")
    path = Path(found.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    return np.loadtxt(path, delimiter=",")


def load_digits_of_sklearn(recipe: Recipe) -> Parts:
    """Images ``[1, size, size]`` in 0..1; every fifth one belongs to the test part."""
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
