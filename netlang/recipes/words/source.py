"""The base of data sources: what one example is. The location is the machine's concern."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from netlang.recipes.description import Description

__all__ = ["Data"]


class Data(Description):
    """Examples with one input and a whole number `label`, unless a source says otherwise."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int | None, ...]:
        """The sizes of the first input without the batch; None where images differ in size."""

    @property
    @abstractmethod
    def classes(self) -> int | None:
        """The number of different labels; None if unknown without the data, or without labels."""

    @property
    def is_image(self) -> bool:
        """Whether the first input is an image, ``[C, H, W]``."""
        return len(self.shape) == 3

    @property
    def inputs(self) -> tuple[str, ...]:
        """The data's names of the inputs, in the order of the net's inputs."""
        return ("input",)

    @property
    def targets(self) -> tuple[str, ...]:
        """What a loss can read of an example besides its inputs."""
        return ("label",)

    @property
    def place(self) -> str | None:
        """The name by which the machine knows the data; None if there are no files."""
        return None

    @property
    def part_names(self) -> Mapping[str, str]:
        """What the recipe calls the parts `train`, `validation` and `test` of these data."""
        return {}

    @property
    def own_validation(self) -> bool | None:
        """Whether the data include a separate validation part; None if only they can tell."""
        return False
