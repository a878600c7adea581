"""Normalizations: shift and scale of each channel of the input, at training and test alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument
from netlang.recipes.description import Description
from netlang.recipes.kinds import deviations, per_channel

__all__ = ["ALL", "Imagenet", "Normalization", "Standardize"]


@dataclass(frozen=True, kw_only=True)
class Normalization(Description, ABC):
    """(x - mean) / std for each channel."""

    @property
    @abstractmethod
    def means(self) -> tuple[float, ...]:
        """One for each channel."""

    @property
    @abstractmethod
    def deviations(self) -> tuple[float, ...]:
        """One for each channel."""


@final
@dataclass(frozen=True, kw_only=True)
class Imagenet(Normalization):
    """The statistics of ImageNet's RGB values in 0..1 that pretrained models are published with."""

    name: ClassVar[str] = "imagenet"

    @property
    def means(self) -> tuple[float, ...]:
        return (0.485, 0.456, 0.406)

    @property
    def deviations(self) -> tuple[float, ...]:
        return (0.229, 0.224, 0.225)


@final
@dataclass(frozen=True, kw_only=True)
class Standardize(Normalization):
    """Given statistics."""

    name: ClassVar[str] = "standardize"

    mean: tuple[float, ...] = field(metadata=argument(per_channel, "mean of each channel"))
    std: tuple[float, ...] = field(metadata=argument(deviations, "deviation of each channel"))

    @property
    def means(self) -> tuple[float, ...]:
        return self.mean

    @property
    def deviations(self) -> tuple[float, ...]:
        return self.std


ALL: tuple[type[Description], ...] = (Imagenet, Standardize)
