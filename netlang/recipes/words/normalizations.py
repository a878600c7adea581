"""Normalizations of the first input, at training and test alike, after the path and before the net.

Numbers that a recipe doesn't give are computed from the training data, prepared as for a test; of
images in files, from 10,000 at most, drawn by the seed. They are kept with the weights.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

from netlang.evaluate.values import Range
from netlang.ir.arguments import Kind, Mismatch, argument, choice
from netlang.recipes.description import Description
from netlang.recipes.kinds import deviations, per_channel, positive

__all__ = [
    "ALL", "Imagenet", "MinMax", "Normalization", "PcaWhitening", "Standardize", "SubtractMean",
    "Whitening", "ZcaWhitening",
]  # fmt: skip

_PER = argument(
    choice("channel", "element"), "whether places of a channel share a number, or each has its own"
)
_MEAN = argument(per_channel, "mean of each channel; computed without")


def _interval(value: object) -> object:
    if not isinstance(value, Range) or not value.start < value.stop:
        raise Mismatch
    return Range(float(value.start), float(value.stop))


_INTERVAL = Kind("a range that isn't empty (`-1..1`)", _interval)
_EPS = argument(positive, "added to each variance")


@dataclass(frozen=True, kw_only=True)
class Normalization(Description, ABC):
    """A change of the input. A signal without an axis of channels is one channel."""


@final
@dataclass(frozen=True, kw_only=True)
class Imagenet(Normalization):
    """(x - mean) / std with ImageNet's RGB values in 0..1: what pretrained models are made with."""

    name: ClassVar[str] = "imagenet"

    mean: ClassVar[tuple[float, ...]] = (0.485, 0.456, 0.406)
    std: ClassVar[tuple[float, ...]] = (0.229, 0.224, 0.225)


@final
@dataclass(frozen=True, kw_only=True)
class Standardize(Normalization):
    """(x - mean) / std; a deviation of 0 counts as 1."""

    name: ClassVar[str] = "standardize"

    mean: tuple[float, ...] | None = field(default=None, metadata=_MEAN)
    std: tuple[float, ...] | None = field(
        default=None, metadata=argument(deviations, "deviation of each channel; computed without")
    )
    per: Literal["channel", "element"] = field(default="channel", metadata=_PER)


@final
@dataclass(frozen=True, kw_only=True)
class SubtractMean(Normalization):
    """x - mean."""

    name: ClassVar[str] = "subtract_mean"

    mean: tuple[float, ...] | None = field(default=None, metadata=_MEAN)
    per: Literal["channel", "element"] = field(default="channel", metadata=_PER)


@final
@dataclass(frozen=True, kw_only=True)
class MinMax(Normalization):
    """The smallest and the largest value go to the ends of `to`: ``min_max(to=-1..1)``."""

    name: ClassVar[str] = "min_max"

    to: Range = field(default=Range(0.0, 1.0), metadata=argument(_INTERVAL, "from and to"))
    per: Literal["channel", "element"] = field(default="channel", metadata=_PER)


@dataclass(frozen=True, kw_only=True)
class Whitening(Normalization, ABC):
    """The covariance of all elements of the input becomes the identity."""

    eps: float = field(default=1e-5, metadata=_EPS)


@final
@dataclass(frozen=True, kw_only=True)
class PcaWhitening(Whitening):
    """Coordinates along the principal components, largest first, each of variance 1."""

    name: ClassVar[str] = "pca_whitening"


@final
@dataclass(frozen=True, kw_only=True)
class ZcaWhitening(Whitening):
    """The same, turned back: as near to the input as white data can be; Bell, Sejnowski 1997."""

    name: ClassVar[str] = "zca_whitening"


ALL: tuple[type[Description], ...] = (
    Imagenet, Standardize, SubtractMean, MinMax, PcaWhitening, ZcaWhitening,
)  # fmt: skip
