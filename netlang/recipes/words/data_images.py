"""Data sources of images in files that are read on demand: any number, of any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, text
from netlang.recipes.kinds import plain_name
from netlang.recipes.words.data_kinds import (
    FOUND,
    channels,
    held_apart,
    named_parts,
    optional_part,
    part,
)
from netlang.recipes.words.source import Data

__all__ = ["SETS", "HuggingFace", "ImageFolder", "ImageSource", "Shards", "Torchvision"]

_CORRUPT = choice("stop", "skip")
# Those of classification whose images have a file or array each. CIFAR has words of its own: there
# torchvision unpickles.
SETS = (
    "Caltech101", "Caltech256", "Country211", "DTD", "EuroSAT", "FGVCAircraft", "FashionMNIST",
    "Flowers102", "Food101", "GTSRB", "Imagenette", "KMNIST", "MNIST", "OxfordIIITPet",
    "RenderedSST2", "SEMEION", "STL10", "SUN397", "SVHN", "USPS",
)  # fmt: skip


class ImageSource(Data):
    """Images with one class each.

    `dataset` is the name by which the machine knows the data. `validation` and `test` may be
    `none`. Damaged files end the run with their names or, with `corrupt=skip`, are left out and
    counted.
    """

    dataset: str = argument(plain_name, "name of the data set")
    train: str = argument(part, "part to train on", default=FOUND)
    validation: str = argument(optional_part, "part to choose the best weights by", default=FOUND)
    test: str = argument(optional_part, "part to test on", default=FOUND)
    channels: int = argument(channels, "channels to convert images to", default=3)
    corrupt: str = argument(_CORRUPT, "what to do about damaged files", default="stop")

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (self.channels, None, None)

    @property
    def classes(self) -> int | None:
        return None

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
class ImageFolder(ImageSource):
    """JPEG, PNG, WebP and other images in one folder for each class, in a folder for each part.

    Classes are those of the training part, sorted by name. By default, the parts are the folders
    `train`, one of `val`, `valid` and `validation`, and `test`; without any of these, the classes
    are the training part.
    """

    name: ClassVar[str] = "image_folder"


@final
class Shards(ImageSource):
    """Images in tar files, as WebDataset writes them: `000001.jpg` beside `000001.cls`.

    A part is a folder of shards, or the shards whose names begin with it: `train-000000.tar`.
    Labels are whole numbers in `.cls`, or `label` in `.json`; class names may be listed in
    `classes.txt`, one per line. Aizman et al. 2020, arXiv:2001.01858.
    """

    name: ClassVar[str] = "shards"


@final
class HuggingFace(ImageSource):
    """A data set as the package `datasets` reads it: saved, in a folder, or from the Hub.

    `repository` is its name on the Hub (`"ylecun/mnist"`), which is used only if the machine has no
    location for the data. `image` and `label` are the columns.
    """

    name: ClassVar[str] = "hugging_face"

    repository: str = argument(text, "name on the Hub", default="")
    image: str = argument(text, "column of the images", default="image")
    label: str = argument(text, "column of the labels", default="label")


@final
class Torchvision(ImageSource):
    """A data set as torchvision reads it, from its location; nothing is downloaded."""

    name: ClassVar[str] = "torchvision"

    set: str = argument(choice(*SETS), "the class in `torchvision.datasets`")
