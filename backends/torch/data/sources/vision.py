"""Data sets read by torchvision, from where they were downloaded to.

torchvision is imported only when a recipe asks for one of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, SupportsInt, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netlang.backends.torch.data.choice import choose
from netlang.backends.torch.data.sets import Images, Parts
from netlang.backends.torch.data.sources.labels import numbered_labels
from netlang.backends.torch.runtime.pictures import flattened, upright
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataUnreadable
from netlang.extras import broken, needs
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import Torchvision

__all__ = ["CALLS", "TorchvisionCall", "load_torchvision"]

_BY_FLAG = {"train": {"train": True}, "test": {"train": False}}


def _by_split(**names: str) -> dict[str, dict[str, str | bool]]:
    return {part: {"split": name} for part, name in names.items()}


_TWO = _by_split(train="train", test="test")
_THREE = _by_split(train="train", val="val", test="test")


@final
@dataclass(frozen=True)
class TorchvisionCall:
    """How to call a torchvision class for each part, and its names for labels and classes."""

    parts: Mapping[str, Mapping[str, str | bool]] = field(default_factory=lambda: {"train": {}})
    labels: str = "_labels"
    classes: str = ""


CALLS: Mapping[str, TorchvisionCall] = {
    "Caltech101": TorchvisionCall(labels="y", classes="categories"),
    "Caltech256": TorchvisionCall(labels="y", classes="categories"),
    "Country211": TorchvisionCall(
        _by_split(train="train", val="valid", test="test"), "targets", "classes"
    ),
    "DTD": TorchvisionCall(_THREE, classes="classes"),
    "EuroSAT": TorchvisionCall(labels="targets", classes="classes"),
    "FGVCAircraft": TorchvisionCall(_THREE, classes="classes"),
    "FashionMNIST": TorchvisionCall(_BY_FLAG, "targets", "classes"),
    "Flowers102": TorchvisionCall(_THREE),
    "Food101": TorchvisionCall(_TWO, classes="classes"),
    "GTSRB": TorchvisionCall(_TWO, "_samples"),
    "Imagenette": TorchvisionCall(_by_split(train="train", val="val"), "_samples"),
    "KMNIST": TorchvisionCall(_BY_FLAG, "targets", "classes"),
    "MNIST": TorchvisionCall(_BY_FLAG, "targets", "classes"),
    "OxfordIIITPet": TorchvisionCall(_by_split(train="trainval", test="test"), classes="classes"),
    "RenderedSST2": TorchvisionCall(_THREE, "_samples", "classes"),
    "SEMEION": TorchvisionCall(labels="labels"),
    "STL10": TorchvisionCall(_TWO, "labels", "classes"),
    "SUN397": TorchvisionCall(classes="classes"),
    "SVHN": TorchvisionCall(_TWO, "labels"),
    "USPS": TorchvisionCall(_BY_FLAG, "targets"),
}


class _Set(Protocol):
    """A torchvision data set: pairs of a picture and a class number."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int) -> tuple[Image.Image, int]: ...


@final
class _Pictures(Images):
    """Pictures as torchvision opens them, for some numbers of a set."""

    def __init__(
        self, pictures: _Set, numbers: NDArray[np.int64], labels: NDArray[np.int64], channels: int
    ) -> None:
        self._pictures = pictures
        self._numbers = numbers
        self._labels = labels
        self._channels = channels

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def labels(self) -> NDArray[np.int64]:
        return self._labels

    def name(self, number: int) -> str:
        return f"{type(self._pictures).__name__}[{self._numbers[number]}]"

    def image(self, number: int) -> Image.Image:
        picture = self._pictures[int(self._numbers[number])][0]
        return flattened(upright(picture), self._channels)

    def subset(self, numbers: NDArray[np.int64]) -> _Pictures:
        return _Pictures(
            self._pictures, self._numbers[numbers], self._labels[numbers], self._channels
        )


def load_torchvision(recipe: Recipe, root: Path) -> Parts:
    """The parts of a torchvision set at `root`. Raises `NetlangError`."""
    data = recipe.data
    assert isinstance(data, Torchvision)
    call = CALLS[data.set]
    choice = choose(recipe, call.parts, data.set)
    wanted = {"train": choice.train or "train"} | choice.others
    sets = {
        purpose: _opened(recipe, data.set, call, part, root) for purpose, part in wanted.items()
    }
    texts = {purpose: _texts(getattr(found, call.labels)) for purpose, found in sets.items()}
    names = _names(getattr(sets["train"], call.classes)) if call.classes else ()
    labels, classes = numbered_labels(recipe, texts, names)
    parts = {
        purpose: _Pictures(found, np.arange(len(found)), labels[purpose], data.channels)
        for purpose, found in sets.items()
    }
    return Parts(parts["train"], parts.get("validation"), parts.get("test"), classes, choice.notes)


def _opened(recipe: Recipe, name: str, call: TorchvisionCall, part: str, root: Path) -> _Set:
    _require_torchvision()
    from torchvision import datasets

    try:
        found: _Set = getattr(datasets, name)(str(root), **call.parts[part])
    except Exception as error:
        # Each of its classes has errors of its own for files that are missing or damaged.
        text = " ".join(str(error).split()) or type(error).__name__
        raise NetlangError(
            DataUnreadable(
                span=recipe.places["data"],
                path=str(root),
                why=text,
                advice=f"`torchvision.datasets.{name}(PATH, download=True)` puts it there",
            )
        ) from None
    return found


def _require_torchvision() -> None:
    """Raise `NetlangError` where it isn't installed, or was built for another PyTorch."""
    try:
        with needs("torchvision"):
            importlib.import_module("torchvision")
    except (RuntimeError, OSError) as error:
        raise broken("torchvision", " ".join(str(error).split())) from error


def _texts(labels: Sequence[SupportsInt | tuple[object, SupportsInt]]) -> NDArray[np.str_]:
    """Labels as text, from a list of numbers or of (file, number) pairs."""
    plain = (each[1] if isinstance(each, tuple) else each for each in labels)
    return np.array([str(int(each)) for each in plain], np.str_)


def _names(classes: Sequence[object]) -> tuple[str, ...]:
    return tuple(", ".join(each) if isinstance(each, tuple) else str(each) for each in classes)
