"""Data sources: what one example is. Where the examples come from is the matter of a backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument, count
from netlang.recipes.description import Description
from netlang.recipes.kinds import plain_name

__all__ = ["ALL", "Data", "Digits", "ImageFolder", "Mnist1d"]


@dataclass(frozen=True, kw_only=True)
class Data(Description, ABC):
    """Examples of one input and a whole number, `label`, each."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int | None, ...]:
        """Sizes of the input without the batch; None where images differ in size."""

    @property
    @abstractmethod
    def classes(self) -> int | None:
        """Number of different labels; None where only the data can tell."""

    @property
    def is_image(self) -> bool:
        """Whether the input is an image, ``[C, H, W]``."""
        return len(self.shape) == 3


@final
@dataclass(frozen=True, kw_only=True)
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
@dataclass(frozen=True, kw_only=True)
class Digits(Data):
    """Digits of scikit-learn: 1797 grey images of 8x8, values in 0..1, every fifth is for the test.

    Alpaydin, Kaynak 1998, UCI Optical Recognition of Handwritten Digits.
    """

    name: ClassVar[str] = "digits"

    size: int = field(default=8, metadata=argument(count, "height and width after resizing"))

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (1, self.size, self.size)

    @property
    def classes(self) -> int | None:
        return 10


@final
@dataclass(frozen=True, kw_only=True)
class ImageFolder(Data):
    """RGB images in one folder for each class, under a root that the machine, not the spec, knows.

    `dataset` names the data set; `train` and `test` are the names of its two parts.
    """

    name: ClassVar[str] = "image_folder"

    dataset: str = field(metadata=argument(plain_name, "name of the data set"))
    train: str = field(default="train", metadata=argument(plain_name, "part to train on"))
    test: str = field(default="val", metadata=argument(plain_name, "part to test on"))

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (3, None, None)

    @property
    def classes(self) -> int | None:
        return None


ALL: tuple[type[Description], ...] = (Mnist1d, Digits, ImageFolder)
