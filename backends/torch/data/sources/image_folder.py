"""Images in one folder for each class, as in torchvision's ImageFolder.

Classes are the folders of the training part, sorted by name; folders of other parts are matched by
name. Names are compared in Unicode's NFC, since macOS writes them in another form.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import final
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.choice import Choice, choose
from netlang.backends.torch.data.images import EncodedImages, read_file
from netlang.backends.torch.data.names import PathList, shown
from netlang.backends.torch.data.sets import Parts
from netlang.backends.torch.runtime.folders import image_files
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.diagnostics.training.data import ClassNotInTraining, DataNotThere, DataUnfit
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import ImageFolder
from netlang.recipes.words.parts import TEST, TRAIN, VALIDATION

__all__ = ["FileImages", "load_image_folder"]

# Endings of pictures that are not read.
_OTHERS = (
    ".avif", ".gif", ".heic", ".heif", ".jfif", ".jp2", ".jxl", ".psd", ".svg", ".tga",
)  # fmt: skip


@final
class FileImages(EncodedImages):
    """Images in files of their own."""

    def __init__(self, files: PathList, labels: NDArray[np.int64], channels: int) -> None:
        super().__init__(labels, channels)
        self._files = files

    def name(self, number: int) -> str:
        return shown(self._files[number])

    def content(self, number: int) -> bytes:
        return read_file(self._files[number])

    def identity(self, number: int) -> str:
        path = self._files[number]
        facts = os.stat(path)
        return f"{os.path.abspath(path)}\0{facts.st_size}\0{facts.st_mtime_ns}"

    def subset(self, numbers: NDArray[np.int64]) -> FileImages:
        return FileImages(self._files.subset(numbers), self._labels[numbers], self.channels)


def load_image_folder(recipe: Recipe, root: Path) -> Parts:
    """The parts below `root`. Raises `NetlangError`."""
    data = recipe.data
    assert isinstance(data, ImageFolder)
    choice = choose(recipe, _folders(root, recipe), str(root))
    train = root / choice.train if choice.train else _root_as_training(root, recipe, choice)
    folders = _folders(train, recipe)
    classes = tuple(sorted(folders))
    _refuse_folder_above(recipe, train, folders)
    notes = list(choice.notes)
    parts = {"train": _part(train, folders, classes, data.channels)}
    notes += _not_read(train, folders)
    empty = np.flatnonzero(np.bincount(parts["train"].labels, minlength=len(classes)) == 0)
    if len(empty):
        notes.append(f"no images to train on in {_listed([classes[n] for n in empty])}")
    for purpose, name in choice.others.items():
        theirs = _folders(root / name, recipe)
        _align(recipe, name, choice, classes, theirs)
        parts[purpose] = _part(root / name, theirs, classes, data.channels)
    return Parts(parts["train"], parts.get("validation"), parts.get("test"), classes, tuple(notes))


def _not_read(part: Path, folders: Mapping[str, str]) -> list[str]:
    """Notes on pictures in file formats that aren't read."""
    found = [
        name
        for folder in folders.values()
        for name in os.listdir(part / folder)
        if name.lower().endswith(_OTHERS) and not name.startswith(".")
    ]
    if not found:
        return []
    files = "1 file is" if len(found) == 1 else f"{len(found)} files are"
    kinds = ", ".join(sorted({Path(name).suffix.lower() for name in found}))
    return [f"{files} left out, as {kinds} is not read: `{shown(sorted(found)[0])}`, ..."]


def _root_as_training(root: Path, recipe: Recipe, choice: Choice) -> Path:
    """The root itself as the training part, if its folders are classes rather than parts."""
    usual = {*TRAIN, *VALIDATION, *TEST}
    names = set(_folders(root, recipe))
    if {name.casefold() for name in names} & usual or choice.others:
        raise NetlangError(
            DataNotThere(
                span=recipe.places["data"],
                what=f"folder `{TRAIN[0]}`",
                where=f" in `{root}`",
                advice=f"there are {_listed(sorted(names))}: name the one to train on",
            )
        )
    return root


def _refuse_folder_above(recipe: Recipe, train: Path, folders: Mapping[str, str]) -> None:
    """Refuse a path one level too high, where the data set itself would be the only class."""
    if len(folders) != 1:
        return
    (inside,) = (train / name for name in folders.values())
    parts = [name for name in _folders(inside, recipe) if name.casefold() in {*TRAIN, *TEST}]
    if parts:
        raise NetlangError(
            DataUnfit(
                span=recipe.places["data"],
                what=f"the folders in `{train}` are its classes, and the only one, `{inside.name}`,"
                f" has parts: {_listed(parts)}",
                advice=f"give the folder below: `{inside}`",
            )
        )


def _folders(part: Path, recipe: Recipe) -> Mapping[str, str]:
    """The folders in a folder by their NFC names, without hidden ones."""
    try:
        with os.scandir(part) as entries:
            names = [each.name for each in entries if each.is_dir() and each.name[0] != "."]
    except OSError as error:
        what, advice = f"folder `{part}`", f"the system says: {error.strerror}"
        raise NetlangError(
            DataNotThere(span=recipe.places["data"], what=what, where="", advice=advice)
        ) from None
    found: dict[str, str] = {}
    for name in sorted(names):
        readable = normalize("NFC", shown(name))
        if readable in found or readable != normalize("NFC", name):
            what = f"`{part}` has a folder `{readable}` whose name is " + (
                "there twice, in two forms of Unicode" if readable in found else "no text"
            )
            raise NetlangError(DataUnfit(span=recipe.places["data"], what=what, advice="rename it"))
        found[readable] = name
    return found


def _part(
    folder: Path, names: Mapping[str, str], classes: tuple[str, ...], channels: int
) -> FileImages:
    paths: list[str] = []
    labels: list[int] = []
    for number, name in enumerate(classes):
        found = image_files(str(folder / names[name])) if name in names else []
        paths += found
        labels += [number] * len(found)
    return FileImages(PathList.of(paths), np.array(labels, np.int64), channels)


def _align(
    recipe: Recipe,
    name: str,
    choice: Choice,
    classes: tuple[str, ...],
    theirs: Mapping[str, str],
) -> None:
    """Refuse a part with classes that the training part lacks."""
    unknown = sorted(set(theirs) - set(classes))
    if unknown:
        raise NetlangError(
            ClassNotInTraining(
                span=recipe.places["data"],
                part=name,
                train=choice.train or "the training part",
                count="a class" if len(unknown) == 1 else f"{len(unknown)} classes",
                names=_listed(unknown),
            )
        )


def _listed(names: list[str]) -> str:
    return listed(names, 20) if names else "no folders"
