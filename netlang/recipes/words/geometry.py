"""Steps that move the pixels of an image and keep its size.

Affine steps interpolate bilinearly between pixels; places outside of the image are black. The steps
that apply to signals move them along their only axis.
"""

from __future__ import annotations

from typing import ClassVar, final

from netlang.evaluate.values import Range
from netlang.ir.arguments import argument, probability
from netlang.recipes.kinds import angles, angles_below_90, scales, share
from netlang.recipes.words.augmentation import Augmentation

__all__ = ["GEOMETRY", "Flip", "Hflip", "Rotate", "Scale", "Shear", "Translate", "Vflip"]


@final
class Hflip(Augmentation):
    """Mirror left and right."""

    name: ClassVar[str] = "hflip"

    p: float = argument(probability, "how often", default=0.5)


@final
class Vflip(Augmentation):
    """Mirror top and bottom."""

    name: ClassVar[str] = "vflip"

    p: float = argument(probability, "how often", default=0.5)


@final
class Flip(Augmentation):
    """For tests: the image and its mirror image, left and right; the two predictions are averaged.

    After all changes of the size, since `ten_crop` has mirror images of its own.
    """

    name: ClassVar[str] = "flip"
    for_training: ClassVar[bool] = False
    for_tests: ClassVar[bool] = True


@final
class Rotate(Augmentation):
    """Rotate about the centre by an angle drawn uniformly."""

    name: ClassVar[str] = "rotate"

    degrees: float | Range = argument(angles, "largest angle, or from..to")


@final
class Scale(Augmentation):
    """Enlarge (above 1) or shrink (below 1) about the centre by a factor drawn uniformly."""

    name: ClassVar[str] = "scale"
    for_signals: ClassVar[bool] = True

    factor: Range = argument(scales, "size of what is seen")


@final
class Translate(Augmentation):
    """Shift by up to a share of the size, along each axis by a number drawn uniformly."""

    name: ClassVar[str] = "translate"
    for_signals: ClassVar[bool] = True

    share: float = argument(share, "largest shift over height and width")


@final
class Shear(Augmentation):
    """Shear sideways about the centre by an angle drawn uniformly, as torchvision does."""

    name: ClassVar[str] = "shear"

    degrees: float | Range = argument(angles_below_90, "largest angle, or from..to")


GEOMETRY: tuple[type[Augmentation], ...] = (Hflip, Vflip, Flip, Rotate, Scale, Translate, Shear)
