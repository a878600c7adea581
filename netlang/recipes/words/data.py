"""Data sources that a package contains or generates, and the list of all sources."""

from __future__ import annotations

from typing import ClassVar, final

from netlang.ir.arguments import argument, count
from netlang.recipes.description import Description
from netlang.recipes.words.data_arrays import Arrays, Cifar10, Cifar100, Idx
from netlang.recipes.words.data_images import HuggingFace, ImageFolder, Shards, Torchvision
from netlang.recipes.words.source import Data

__all__ = [
    "ALL", "Arrays", "Cifar10", "Cifar100", "Data", "Digits", "HuggingFace", "Idx", "ImageFolder",
    "Mnist1d", "Shards", "Torchvision",
]  # fmt: skip


@final
class Mnist1d(Data):
    """MNIST-1D: 4000 and 1000 signals of 10 classes; Greydanus 2020, arXiv:2011.14439."""

    name: ClassVar[str] = "mnist1d"

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (40,)

    @property
    def classes(self) -> int | None:
        return 10


@final
class Digits(Data):
    """Digits of scikit-learn: 1797 grey images of 8x8, values in 0..1; every fifth is for the test.

    Alpaydin, Kaynak 1998, UCI Optical Recognition of Handwritten Digits.
    """

    name: ClassVar[str] = "digits"

    size: int = argument(count, "height and width after resizing", default=8)

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (1, self.size, self.size)

    @property
    def classes(self) -> int | None:
        return 10


ALL: tuple[type[Description], ...] = (
    Mnist1d, Digits, ImageFolder, Shards, Arrays, Idx, Cifar10, Cifar100, HuggingFace, Torchvision,
)  # fmt: skip
