"""Steps that change the values of an image and leave them where they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument
from netlang.recipes.kinds import non_negative
from netlang.recipes.words.augmentation import Augmentation

__all__ = ["COLORS", "ColorJitter", "ColorPca"]


@final
@dataclass(frozen=True, kw_only=True)
class ColorPca(Augmentation):
    """Noise along the principal components of RGB; Krizhevsky et al. 2012, section 4.1."""

    name: ClassVar[str] = "color_pca"

    std: float = field(default=0.1, metadata=argument(non_negative, "deviation of the noise"))


@final
@dataclass(frozen=True, kw_only=True)
class ColorJitter(Augmentation):
    """Brightness, contrast and saturation scaled by factors from 1 - value to 1 + value."""

    name: ClassVar[str] = "color_jitter"

    brightness: float = field(default=0.0, metadata=argument(non_negative, "range of brightness"))
    contrast: float = field(default=0.0, metadata=argument(non_negative, "range of contrast"))
    saturation: float = field(default=0.0, metadata=argument(non_negative, "range of saturation"))


COLORS: tuple[type[Augmentation], ...] = (ColorPca, ColorJitter)
