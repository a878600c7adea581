"""Data sets read by the package `datasets`: saved in a folder, or from the Hub.

The package returns the bytes of images, which are opened here as those of any other source. Data
set scripts are not run; the supported versions can't run them.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Protocol, Self, final

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.choice import choose
from netlang.backends.torch.data.images import EncodedImages, read_file
from netlang.backends.torch.data.sets import Parts
from netlang.backends.torch.data.sources.labels import numbered_labels
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataNotThere, DataUnreadable
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import HuggingFace
from netlang.regular import real_path
from netlang.targets import needs

__all__ = ["load_hugging_face"]


class _Table(Protocol):
    """The part of `datasets.Dataset` that is used here."""

    features: Mapping[str, object]

    def __len__(self) -> int: ...
    def __getitem__(self, key: object) -> Mapping[str, object]: ...
    def select(self, numbers: NDArray[np.int64]) -> Self: ...
    def select_columns(self, names: list[str]) -> Self: ...
    def cast_column(self, name: str, feature: object) -> Self: ...


@final
class _Images(EncodedImages):
    """Images in a column, as their bytes or the path of a file below `root`."""

    def __init__(
        self, rows: _Table, column: str, root: Path | None, labels: NDArray[np.int64], channels: int
    ) -> None:
        super().__init__(labels, channels)
        self._rows = rows
        self._column = column
        self._root = root

    def name(self, number: int) -> str:
        path = self._cell(number).get("path")
        return f"{path}" if path else f"image {number}"

    def content(self, number: int) -> bytes:
        cell = self._cell(number)
        content, path = cell.get("bytes"), cell.get("path")
        if isinstance(content, bytes):
            return content
        if not isinstance(path, str):
            raise OSError("it has neither bytes nor a path")
        if self._root is None:
            return read_file(path)
        root = real_path(self._root)
        file = real_path(root / path)
        if not file.is_relative_to(root):
            raise OSError("it leads out of the data set")
        return read_file(str(file))

    def identity(self, number: int) -> str:
        return sha256(self.content(number)).hexdigest()

    def subset(self, numbers: NDArray[np.int64]) -> _Images:
        rows = self._rows.select(numbers)
        return _Images(rows, self._column, self._root, self._labels[numbers], self.channels)

    def _cell(self, number: int) -> Mapping[str, object]:
        found = self._rows[number][self._column]
        assert isinstance(found, Mapping)
        return found


def load_hugging_face(recipe: Recipe, root: Path | None) -> Parts:
    """The parts of a data set at `root`, or of that name on the Hub. Raises `NetlangError`."""
    data = recipe.data
    assert isinstance(data, HuggingFace)
    tables = _tables(recipe, data, root)
    where = str(root or data.repository)
    choice = choose(recipe, tables, where)
    if choice.train is None:
        raise _missing(recipe, "part `train`", where, tables)
    wanted = {"train": choice.train} | choice.others
    names: tuple[str, ...] = ()
    texts = {}
    for purpose, part in wanted.items():
        for column in (data.image, data.label):
            if column not in tables[part].features:
                raise _missing(recipe, f"column `{column}`", where, tables[part].features)
        texts[purpose], names = _labels(tables[part], data.label)
    labels, classes = numbered_labels(recipe, texts, names)
    parts = {
        purpose: _Images(
            _encoded(recipe, tables[part], data.image), data.image, root, labels[purpose],
            data.channels,
        )
        for purpose, part in wanted.items()
    }  # fmt: skip
    return Parts(parts["train"], parts.get("validation"), parts.get("test"), classes, choice.notes)


def _tables(recipe: Recipe, data: HuggingFace, root: Path | None) -> Mapping[str, _Table]:
    """Every part by its name."""
    with needs("hugging_face"):
        import datasets
    try:
        if root is None:
            found = datasets.load_dataset(data.repository)
        elif any((root / name).is_file() for name in ("dataset_dict.json", "state.json")):
            found = datasets.load_from_disk(str(root))
        else:
            found = datasets.load_dataset(str(root.resolve()))
    except Exception as error:
        # Its own errors, those of pyarrow and of the network: none has a base that says so.
        text = " ".join(str(error).split()) or type(error).__name__
        raise NetlangError(
            DataUnreadable(
                span=recipe.places["data"],
                path=str(root or data.repository),
                why=text,
                advice="`datasets.load_dataset` must be able to read it",
            )
        ) from None
    tables: Mapping[str, _Table]
    tables = found if isinstance(found, datasets.DatasetDict) else {"train": found}
    return tables


def _labels(table: _Table, column: str) -> tuple[NDArray[np.str_], tuple[str, ...]]:
    """Labels as text, and the names of the classes if the data set gives them."""
    values = np.array([str(value) for value in table[column]], np.str_)
    names = getattr(table.features[column], "names", None)
    return values, tuple(map(str, names)) if isinstance(names, list) else ()


def _encoded(recipe: Recipe, table: _Table, column: str) -> _Table:
    import datasets

    feature = table.features[column]
    if not isinstance(feature, datasets.Image):
        what = f"`{recipe.data.place}`"
        why = f"column `{column}` is {feature}, no images"
        raise NetlangError(
            DataUnreadable(
                span=recipe.places["data"], path=what, why=why, advice='name another: `image="..."`'
            )
        )
    return table.cast_column(column, datasets.Image(decode=False)).select_columns([column])


def _missing(recipe: Recipe, what: str, where: str, there: Mapping[str, object]) -> NetlangError:
    names = ", ".join(f"`{name}`" for name in there) or "none"
    return NetlangError(
        DataNotThere(
            span=recipe.places["data"],
            what=what,
            where=f" in `{where}`",
            advice=f"there are {names}",
        )
    )
