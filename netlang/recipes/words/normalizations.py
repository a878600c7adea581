"""Normalizations of the first input, in training and tests alike, between the path and the net.

Numbers that a recipe doesn't give are computed from the training data, prepared as for a test; for
images in files, from at most 10,000, drawn by the seed. They are stored with the weights.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal, final

from netlang.evaluate.values import Range
from netlang.ir.arguments import Kind, Mismatch, argument, choice
from netlang.recipes.description import Description
from netlang.recipes.kinds import deviations, per_channel, positive

__all__ = [
    "ALL", "Imagenet", "MinMax", "Normalization", "PcaWhitening", "Standardize", "SubtractMean",
    "Whitening", "ZcaWhitening",
]  # fmt: skip

_PER = (
    choice("channel", "element"),
    "whether places of a channel share a number, or each has its own",
)
_MEAN = (per_channel, "mean of each channel; computed without")


def _interval(value: object) -> object:
    if not isinstance(value, Range) or not value.start < value.stop:
        raise Mismatch
    return Range(float(value.start), float(value.stop))


_INTERVAL = Kind("a range that isn't empty (`-1..1`)", _interval)
_EPS = (positive, "added to each variance")


class Normalization(Description):
    """A change of the input. A signal without a channel axis is one channel."""

    @property
    @abstractmethod
    def of_elements(self) -> bool:
        """Whether each element has numbers of its own: it needs inputs of one size."""

    @property
    def given(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """What is subtracted from each channel and what it is divided by, as far as it is given."""
        return None


@final
class Imagenet(Normalization):
    """(x - mean) / std with ImageNet's RGB values in 0..1: which pretrained models use."""

    name: ClassVar[str] = "imagenet"

    mean: ClassVar[tuple[float, ...]] = (0.485, 0.456, 0.406)
    std: ClassVar[tuple[float, ...]] = (0.229, 0.224, 0.225)

    @property
    def of_elements(self) -> bool:
        return False

    @property
    def given(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        return self.mean, self.std


@final
class Standardize(Normalization):
    """(x - mean) / std; a deviation of 0 counts as 1."""

    name: ClassVar[str] = "standardize"

    mean: tuple[float, ...] | None = argument(*_MEAN, default=None)
    std: tuple[float, ...] | None = argument(
        deviations, "deviation of each channel; computed without", default=None
    )
    per: Literal["channel", "element"] = argument(*_PER, default="channel")

    @property
    def of_elements(self) -> bool:
        return self.per == "element"

    @property
    def given(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        return None if self.mean is None or self.std is None else (self.mean, self.std)


@final
class SubtractMean(Normalization):
    """x - mean."""

    name: ClassVar[str] = "subtract_mean"

    mean: tuple[float, ...] | None = argument(*_MEAN, default=None)
    per: Literal["channel", "element"] = argument(*_PER, default="channel")

    @property
    def of_elements(self) -> bool:
        return self.per == "element"

    @property
    def given(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        return None if self.mean is None else (self.mean, (1.0,) * len(self.mean))


@final
class MinMax(Normalization):
    """Maps the smallest and the largest value to the ends of `to`: ``min_max(to=-1..1)``."""

    name: ClassVar[str] = "min_max"

    to: Range = argument(_INTERVAL, "from and to", default=Range(0.0, 1.0))
    per: Literal["channel", "element"] = argument(*_PER, default="channel")

    @property
    def of_elements(self) -> bool:
        return self.per == "element"


class Whitening(Normalization):
    """The covariance of all elements of the input becomes the identity."""

    eps: float = argument(*_EPS, default=1e-5)

    @property
    def of_elements(self) -> bool:
        return True


@final
class PcaWhitening(Whitening):
    """Coordinates along the principal components, largest first, each of variance 1."""

    name: ClassVar[str] = "pca_whitening"


@final
class ZcaWhitening(Whitening):
    """The same, rotated back: as close to the input as white data can be; Bell, Sejnowski 1997."""

    name: ClassVar[str] = "zca_whitening"


ALL: tuple[type[Description], ...] = (
    Imagenet, Standardize, SubtractMean, MinMax, PcaWhitening, ZcaWhitening,
)  # fmt: skip
