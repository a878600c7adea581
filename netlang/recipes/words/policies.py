"""Steps that draw their operations from a list.

The operations are those of torchvision's `TrivialAugmentWide` and `RandAugment`, on whole grey
levels: nothing, shear, translate (each along x or y), rotate, brightness, colour (saturation),
contrast, sharpness, posterize, solarize, autocontrast, equalize. Their strength is one of 31
levels, with either sign where that matters. Places outside of the image are black.
"""

from __future__ import annotations

from typing import ClassVar, final

from netlang.ir.arguments import argument, between, count
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.color import ColorStep

__all__ = ["POLICIES", "RandAugment", "TrivialAugment"]


class _Policy(ColorStep):
    @property
    def channels(self) -> tuple[int, ...]:
        return (1, 3)


@final
class TrivialAugment(_Policy):
    """One operation at a random level; Müller, Hutter 2021, arXiv:2103.10158 ("wide")."""

    name: ClassVar[str] = "trivial_augment"


@final
class RandAugment(_Policy):
    """Several operations in succession, at one level; Cubuk et al. 2019, arXiv:1909.13719."""

    name: ClassVar[str] = "rand_augment"

    n: int = argument(count, "operations on each image", default=2)
    magnitude: int = argument(between(0, 30), "their level", default=9)


POLICIES: tuple[type[Augmentation], ...] = (TrivialAugment, RandAugment)
