"""Numbered examples, the parts of a data set, and the batches that a step sees."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

__all__ = ["Batch", "Examples", "Images", "Parts", "Tensors"]


class Examples(ABC):
    """Examples, numbered from 0."""

    @abstractmethod
    def __len__(self) -> int:
        """How many there are."""

    @property
    @abstractmethod
    def labels(self) -> NDArray[np.int64] | None:
        """The class number of each example, ``[n]``, without reading any; None without classes."""

    @abstractmethod
    def subset(self, numbers: NDArray[np.int64]) -> Examples:
        """The examples with these numbers, renumbered in this order."""


@final
@dataclass(frozen=True, eq=False)
class Tensors(Examples):
    """Examples that are entirely in memory, on the device that trains.

    `inputs` are the net's inputs in order, ``[n, ...]``: uint8 for images as stored (white is 255),
    else float32. `targets` are named: `label`, ``[n]`` int64, or whatever a source provides;
    `class_target` is the one that holds class numbers, if any does.
    """

    inputs: tuple[Tensor, ...]
    targets: Mapping[str, Tensor]
    class_target: str | None = "label"

    def __len__(self) -> int:
        return len(self.inputs[0])

    @property
    def labels(self) -> NDArray[np.int64] | None:
        label = self.targets.get(self.class_target or "")
        return None if label is None or label.dim() != 1 else label.cpu().numpy()

    def subset(self, numbers: NDArray[np.int64]) -> Tensors:
        return self.at(_index(numbers, self.inputs[0]))

    def to(self, device: torch.device) -> Tensors:
        """The same examples on a device."""
        moved = {name: value.to(device) for name, value in self.targets.items()}
        inputs = tuple(value.to(device) for value in self.inputs)
        return replace(self, inputs=inputs, targets=moved)

    def at(self, index: Tensor) -> Tensors:
        """The examples at an index that lies on their device."""
        picked = {name: value[index] for name, value in self.targets.items()}
        inputs = tuple(value[index] for value in self.inputs)
        return replace(self, inputs=inputs, targets=picked)


def _index(numbers: NDArray[np.int64], like: Tensor) -> Tensor:
    import torch

    return torch.from_numpy(numbers).to(like.device)


class Images(Examples):
    """Images in files, each with a class. Worker processes decode them on demand.

    The objects are small and can be sent to other processes.
    """

    @abstractmethod
    def image(self, number: int) -> Image:
        """The image, upright, in the data's number of channels, not yet decoded if possible.

        Raises whatever Pillow raises if the file is damaged; `images.opened` turns that into an
        error that names the file.
        """

    @abstractmethod
    def name(self, number: int) -> str:
        """The file, for messages."""

    def remarks(self) -> tuple[str, ...]:
        """Remarks on the images opened so far, in any process."""
        return ()


@final
@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of a data set. `classes` are the names of the labels in the training part.

    `validation` is the part that the recipe holds out or the data provide, else None. `notes` tell
    the user of skipped files and empty folders.
    """

    train: Examples
    validation: Examples | None
    test: Examples | None
    classes: tuple[str, ...] | None
    notes: tuple[str, ...] = ()


@final
@dataclass(frozen=True, eq=False)
class Batch:
    """What one step sees, on the device.

    `numbers` are those of the examples within their part, ``[B]`` int64 on the CPU, which determine
    their random numbers; None in evaluation. Before `augment`, image inputs are uint8 (0 to 255) or
    float32; after it all inputs are float32. `others` are the images of `inputs` at the further
    scales of a test path.
    """

    inputs: tuple[Tensor, ...]
    targets: Mapping[str, Tensor]
    numbers: NDArray[np.int64] | None = None
    others: tuple[Tensor, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs[0])
