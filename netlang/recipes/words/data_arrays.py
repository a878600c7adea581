"""Data sources of arrays in files that are read whole: small sets as published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, count
from netlang.recipes.kinds import counts, plain_name
from netlang.recipes.words.data_kinds import (
    FOUND,
    NONE,
    held_apart,
    name_list,
    named_parts,
    optional,
    optional_part,
    part,
)
from netlang.recipes.words.source import Data

__all__ = ["Arrays", "Cifar10", "Cifar100", "Idx"]


@final
class Arrays(Data):
    """Named numpy arrays in one `.npz` file for each part: `train.npz`, `val.npz`, `test.npz`.

    The first axis counts examples. `inputs` are in the order of the net's inputs, `targets` are
    what the loss reads. Inputs of uint8 range from 0 to 255, as images in files; other integers
    become int64, floats float32, booleans 0.0 and 1.0. `classes` is the number of classes of the
    target that a loss over classes compares, or of a `label`.
    """

    name: ClassVar[str] = "arrays"

    dataset: str = argument(plain_name, "name of the data set")
    sizes: tuple[int, ...] = argument(counts, "sizes of the first input without the batch")
    inputs: tuple[str, ...] = argument(name_list, "arrays that the net takes", default=("x",))
    targets: tuple[str, ...] = argument(name_list, "arrays that the loss reads", default=("label",))
    classes: int | None = argument(optional(count), "number of different labels", default=None)
    train: str = argument(part, "part to train on", default=FOUND)
    validation: str = argument(optional_part, "part to choose the best weights by", default=FOUND)
    test: str = argument(optional_part, "part to test on", default=FOUND)

    @property
    def shape(self) -> tuple[int | None, ...]:
        return self.sizes

    @property
    def place(self) -> str | None:
        return self.dataset

    @property
    def part_names(self) -> Mapping[str, str]:
        return named_parts(self.train, self.validation, self.test)

    @property
    def own_validation(self) -> bool | None:
        return held_apart(self.validation)


@final
class Idx(Data):
    """Grey images and labels in the IDX files of MNIST and its relatives, gzipped or not.

    Fashion-MNIST and KMNIST have the same names; those of EMNIST begin with a `prefix`. LeCun,
    Cortes, Burges 1998, http://yann.lecun.com/exdb/mnist.
    """

    name: ClassVar[str] = "idx"

    dataset: str = argument(plain_name, "name of the data set")
    classes: int | None = argument(count, "number of different labels", default=10)
    prefix: str = argument(optional_part, "how their names begin: `emnist-letters`", default=NONE)
    size: int = argument(count, "height and width of the images", default=28)

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (1, self.size, self.size)

    @property
    def place(self) -> str | None:
        return self.dataset


@final
class Cifar10(Data):
    """CIFAR-10: 50,000 and 10,000 RGB images of 32x32, the binary or the Python version.

    Krizhevsky 2009, Learning multiple layers of features from tiny images.
    """

    name: ClassVar[str] = "cifar10"

    dataset: str = argument(plain_name, "name of the data set", default="cifar10")

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (3, 32, 32)

    @property
    def classes(self) -> int | None:
        return 10

    @property
    def place(self) -> str | None:
        return self.dataset


@final
class Cifar100(Data):
    """CIFAR-100: as CIFAR-10, with 100 classes (`fine`) in 20 groups (`coarse`)."""

    name: ClassVar[str] = "cifar100"

    dataset: str = argument(plain_name, "name of the data set", default="cifar100")
    labels: str = argument(choice("fine", "coarse"), "which labels to train on", default="fine")

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (3, 32, 32)

    @property
    def classes(self) -> int | None:
        return {"fine": 100, "coarse": 20}[self.labels]

    @property
    def place(self) -> str | None:
        return self.dataset
