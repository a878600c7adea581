"""Named numpy arrays, one file for each part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.data.choice import Choice, choose
from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.backends.torch.data.sources.files import DataRefused, named
from netlang.backends.torch.data.sources.labels import checked_labels
from netlang.backends.torch.data.sources.npz import array_names, read_npz
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataNotThere, DataUnfit
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_arrays import Arrays

__all__ = ["load_arrays"]

_ENDING = ".npz"


def load_arrays(recipe: Recipe, root: Path) -> Parts:
    """The parts in the files of `root`, or in `root` itself; raises `NetlangError`."""
    if root.is_file():
        files, choice = {"train": root}, Choice("train", None, None)
    else:
        files = {path.stem: path for path in sorted(root.glob(f"*{_ENDING}"))}
        choice = choose(recipe, files, str(root))
    if choice.train is None:
        raise NetlangError(
            DataNotThere(
                span=recipe.places["data"],
                what=f"file `train{_ENDING}`",
                where=f" in `{root}`",
                advice=f"there are {_listed(files)}",
            )
        )
    parts = {"train": _part(recipe, files[choice.train])}
    parts |= {use: _part(recipe, files[name]) for use, name in choice.others.items()}
    classes = checked_labels(recipe, parts)
    return Parts(parts["train"], parts.get("validation"), parts.get("test"), classes, choice.notes)


def _part(recipe: Recipe, file: Path) -> Tensors:
    data, span = recipe.data, recipe.places["data"]
    assert isinstance(data, Arrays)
    wanted = (*data.inputs, *data.targets)
    with named(file, span):
        missing = [name for name in wanted if name not in (there := array_names(file))]
        if missing:
            raise NetlangError(
                DataNotThere(
                    span=span,
                    what=f"array `{missing[0]}`",
                    where=f" in `{file}`",
                    advice=f"there are {_listed(there)}",
                )
            )
        found = read_npz(file, wanted)
        values = {
            name: _tensor(name, array, as_image=name in data.inputs)
            for name, array in found.items()
        }
    _require_sizes(recipe, file, values)
    inputs = tuple(values[name] for name in data.inputs)
    targets = {name: values[name] for name in data.targets}
    return Tensors(inputs, targets, recipe.class_target)


def _tensor(name: str, array: NDArray[np.generic], *, as_image: bool) -> Tensor:
    """Whole numbers as int64, except uint8 images, which stay; floats and booleans as float32."""
    is_image = as_image and array.dtype == np.uint8
    if array.dtype.kind in "iu" and not is_image:
        if array.dtype == np.uint64 and array.size and array.max() >= 1 << 63:
            raise DataRefused(f"array `{name}` has numbers beyond 63 bits")
        kind: type[np.generic] = np.int64
    else:
        kind = np.uint8 if is_image else np.float32
    return torch.from_numpy(np.array(array, kind, order="C"))


def _require_sizes(recipe: Recipe, file: Path, values: dict[str, Tensor]) -> None:
    data = recipe.data
    assert isinstance(data, Arrays)
    first = data.inputs[0]
    for name, value in values.items():
        if value.dim() == 0:
            raise _unfit(recipe, f"`{name}` in `{file}` is a single number", "an axis of examples")
        if len(value) != len(values[first]):
            what = f"`{file}` has {len(values[first])} of `{first}` and {len(value)} of `{name}`"
            raise _unfit(recipe, what, "each example needs one of each")
    actual = list(values[first].shape[1:])
    if actual != list(data.sizes):
        what = f"`{first}` in `{file}` has the sizes {actual}, the recipe says {list(data.sizes)}"
        raise _unfit(recipe, what, f"write `sizes={actual}`")


def _unfit(recipe: Recipe, what: str, advice: str) -> NetlangError:
    return NetlangError(DataUnfit(span=recipe.places["data"], what=what, advice=advice))


def _listed(names: object) -> str:
    assert isinstance(names, dict | tuple)
    return ", ".join(f"`{name}`" for name in list(names)[:20]) or "none"
