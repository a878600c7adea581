"""IDX files, the format of MNIST and its relatives: http://yann.lecun.com/exdb/mnist.

Two zero bytes, one byte for the type of the values, one for the number of axes, four bytes for the
size of each axis, then the values: all big-endian.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.backends.torch.data.sources.files import DataRefused, named, read_exactly, unpacked
from netlang.backends.torch.data.sources.labels import checked_labels
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataNotThere, DataUnfit
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_arrays import Idx
from netlang.recipes.words.data_kinds import NONE

__all__ = ["load_idx", "read_idx"]

_UBYTE = 8
# The name that begins the files of a part: MNIST's, and that of EMNIST.
_STEMS = {"train": ("train",), "test": ("t10k", "test")}


def load_idx(recipe: Recipe, root: Path) -> Parts:
    """The parts in the files of `root`, or of `raw` below it. Raises `NetlangError`."""
    parts = {use: _part(recipe, root, stems) for use, stems in _STEMS.items()}
    classes = checked_labels(recipe, parts)
    return Parts(parts["train"], None, parts["test"], classes)


def _part(recipe: Recipe, root: Path, stems: tuple[str, ...]) -> Tensors:
    data = recipe.data
    assert isinstance(data, Idx)
    images = _read(recipe, _file(recipe, root, stems, "images", 3), 3)
    labels = _read(recipe, _file(recipe, root, stems, "labels", 1), 1)
    sizes, expected = list(images.shape[1:]), [data.size, data.size]
    if sizes != expected:
        what = f"the images of `{root}` have the sizes {sizes}, the recipe says {expected}"
        advice = f"write `size={sizes[0]}`" if sizes[0] == sizes[1] else "they must be squares"
        raise NetlangError(DataUnfit(span=recipe.places["data"], what=what, advice=advice))
    if len(images) != len(labels):
        what = f"`{root}` has {len(images)} images and {len(labels)} labels for {stems[0]}"
        advice = "each image needs a label"
        raise NetlangError(DataUnfit(span=recipe.places["data"], what=what, advice=advice))
    return Tensors(
        (torch.from_numpy(images[:, None]),),
        {"label": torch.from_numpy(labels.astype(np.int64))},
    )


def _read(recipe: Recipe, path: Path, axes: int) -> NDArray[np.uint8]:
    with named(path, recipe.places["data"]):
        found = read_idx(path)
        if found.ndim != axes:
            raise DataRefused(f"it has {found.ndim} axes, expected {axes}")
    return found


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array of a file, gzipped or not. Raises `DataRefused` or `OSError`."""
    with unpacked(path) as (file, most):
        zero, kind, axes = np.frombuffer(read_exactly(file, 4), ">u2, u1, u1")[0].tolist()
        if zero != 0 or kind != _UBYTE:
            raise DataRefused("it isn't an IDX file of bytes")
        shape = np.frombuffer(read_exactly(file, 4 * axes), ">u4").tolist()
        if prod(shape) > most:
            raise DataRefused(f"its header says {prod(shape):,} bytes, which it can't hold")
        values = read_exactly(file, prod(shape))
        if file.read(1):
            raise DataRefused("it is longer than its header says")
    return np.frombuffer(values, np.uint8).reshape(shape)


def _file(recipe: Recipe, root: Path, stems: tuple[str, ...], what: str, axes: int) -> Path:
    """The file of a part. Some copies have a dot in the names."""
    data = recipe.data
    assert isinstance(data, Idx)
    prefix = "" if data.prefix == NONE else f"{data.prefix}-"
    names = [f"{prefix}{stem}-{what}{dot}idx{axes}-ubyte" for stem in stems for dot in "-."]
    for folder in (root, root / "raw", *sorted(root.glob("*/raw"))):
        for name in names:
            for path in (folder / name, folder / f"{name}.gz"):
                if path.is_file():
                    return path
    raise NetlangError(
        DataNotThere(
            span=recipe.places["data"],
            what=f"file `{names[0]}` or `{names[0]}.gz`",
            where=f" in `{root}`",
            advice='other names begin with a prefix: `idx(..., prefix="emnist-letters")`',
        )
    )
