"""The base of data sources: what one example is. Where the examples lie is the machine's matter."""

from __future__ import annotations

from abc import abstractmethod

from netlang.recipes.description import Description

__all__ = ["Data"]


class Data(Description):
    """Examples of one input and a whole number, `label`, each, unless a source says otherwise."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int | None, ...]:
        """Sizes of the first input without the batch; None where images differ in size."""

    @property
    @abstractmethod
    def classes(self) -> int | None:
        """Number of different labels; None where only the data can tell, or have no label."""

    @property
    def is_image(self) -> bool:
        """Whether the first input is an image, ``[C, H, W]``."""
        return len(self.shape) == 3

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the data call the inputs, in the order of the net's."""
        return ("input",)

    @property
    def targets(self) -> tuple[str, ...]:
        """What a loss can read of an example beside its inputs."""
        return ("label",)

    @property
    def place(self) -> str | None:
        """The name that the machine knows the data by; None where nothing has to lie anywhere."""
        return None

    @property
    def own_validation(self) -> bool | None:
        """Whether the data keep a part for validation apart; None where only they can tell."""
        return False
