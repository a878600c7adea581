"""Data sources of images in files, read when they are needed: any number, of any size."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, text
from netlang.recipes.kinds import plain_name
from netlang.recipes.words.data_kinds import FOUND, channels, held_apart, optional_part, part
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


@dataclass(frozen=True, kw_only=True)
class ImageSource(Data, ABC):
    """Images with one class each.

    `dataset` is the name that the machine knows the data by. `validation` and `test` may be `none`.
    Damaged files end the run with their names, or are left out and counted with `corrupt=skip`.
    """

    dataset: str = field(metadata=argument(plain_name, "name of the data set"))
    train: str = field(default=FOUND, metadata=argument(part, "part to train on"))
    validation: str = field(
        default=FOUND, metadata=argument(optional_part, "part to choose the best weights by")
    )
    test: str = field(default=FOUND, metadata=argument(optional_part, "part to test on"))
    channels: int = field(default=3, metadata=argument(channels, "channels to convert images to"))
    corrupt: str = field(
        default="stop", metadata=argument(_CORRUPT, "what to do about damaged files")
    )

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
    def own_validation(self) -> bool | None:
        return held_apart(self.validation)


@final
@dataclass(frozen=True, kw_only=True)
class ImageFolder(ImageSource):
    """JPEG, PNG, WebP and other images in one folder for each class, in a folder for each part.

    Classes are those of the training part, sorted by name. Without names, the parts are the folders
    `train`, one of `val`, `valid` and `validation`, and `test`; classes without any of these around
    them are the training part.
    """

    name: ClassVar[str] = "image_folder"


@final
@dataclass(frozen=True, kw_only=True)
class Shards(ImageSource):
    """Images in tar files, as WebDataset writes them: `000001.jpg` beside `000001.cls`.

    A part is a folder of shards, or the shards whose names begin with it: `train-000000.tar`.
    Labels are whole numbers from `.cls`, or `label` in `.json`; the names of classes may lie in
    `classes.txt`, one a line. Aizman et al. 2020, arXiv:2001.01858.
    """

    name: ClassVar[str] = "shards"


@final
@dataclass(frozen=True, kw_only=True)
class HuggingFace(ImageSource):
    """A data set as the package `datasets` reads it: a saved one, a folder, or one of the Hub.

    `repository` is its name on the Hub (`"ylecun/mnist"`), which is asked only where the machine
    doesn't say where the data lie. `image` and `label` are the columns.
    """

    name: ClassVar[str] = "hugging_face"

    repository: str = field(default="", metadata=argument(text, "name on the Hub"))
    image: str = field(default="image", metadata=argument(text, "column of the images"))
    label: str = field(default="label", metadata=argument(text, "column of the labels"))


@final
@dataclass(frozen=True, kw_only=True)
class Torchvision(ImageSource):
    """A data set as torchvision reads it, from where it lies; nothing is downloaded."""

    name: ClassVar[str] = "torchvision"

    set: str = field(metadata=argument(choice(*SETS), "the class in `torchvision.datasets`"))
