"""Steps that draw what they do from a list of operations.

The operations are those of torchvision's `TrivialAugmentWide` and `RandAugment`, on whole grey
levels: nothing, shear, translate (each along x or y), rotate, brightness, colour (saturation),
contrast, sharpness, posterize, solarize, autocontrast, equalize. Their strength is one of 31
levels, of either sign where that makes a difference. What comes from outside of the image is black.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument, between, count
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.color import ColorStep

__all__ = ["POLICIES", "RandAugment", "TrivialAugment"]


@dataclass(frozen=True, kw_only=True)
class _Policy(ColorStep, ABC):
    @property
    def channels(self) -> tuple[int, ...]:
        return (1, 3)


@final
@dataclass(frozen=True, kw_only=True)
class TrivialAugment(_Policy):
    """One operation, at a level drawn too; Müller, Hutter 2021, arXiv:2103.10158 ("wide")."""

    name: ClassVar[str] = "trivial_augment"


@final
@dataclass(frozen=True, kw_only=True)
class RandAugment(_Policy):
    """Some operations after each other, at one level; Cubuk et al. 2019, arXiv:1909.13719."""

    name: ClassVar[str] = "rand_augment"

    n: int = field(default=2, metadata=argument(count, "operations on each image"))
    magnitude: int = field(default=9, metadata=argument(between(0, 30), "their level"))


POLICIES: tuple[type[Augmentation], ...] = (TrivialAugment, RandAugment)
