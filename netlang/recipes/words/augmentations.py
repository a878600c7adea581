"""Augmentations of images, one step of a path each; the same steps prepare the images of a test."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.elaborate.values import Range
from netlang.ir.arguments import argument, count, natural, probability
from netlang.recipes.description import Description
from netlang.recipes.kinds import non_negative, scales, size_or_sizes

__all__ = [
    "ALL", "Augmentation", "CenterCrop", "ColorJitter", "ColorPca", "Hflip", "RandomCrop",
    "RandomResizedCrop", "Resize", "ResizeShorter", "TenCrop", "Vflip",
]  # fmt: skip

_SIDE = argument(count, "height and width of the result")


@dataclass(frozen=True, kw_only=True)
class Augmentation(Description, ABC):
    """One change of an image."""

    @property
    def side(self) -> int | None:
        """Height and width of the result where the step decides them, else None."""
        return None


@dataclass(frozen=True, kw_only=True)
class _Sized(Augmentation, ABC):
    size: int = field(metadata=_SIDE)

    @property
    def side(self) -> int | None:
        return self.size


@final
@dataclass(frozen=True, kw_only=True)
class Resize(_Sized):
    """Stretch to a square."""

    name: ClassVar[str] = "resize"


@final
@dataclass(frozen=True, kw_only=True)
class ResizeShorter(Augmentation):
    """Resize so that the shorter side has the given length, or one drawn from a range."""

    name: ClassVar[str] = "resize_shorter"

    size: int | Range = field(metadata=argument(size_or_sizes, "length of the shorter side"))


@final
@dataclass(frozen=True, kw_only=True)
class RandomCrop(_Sized):
    """A square at a random place."""

    name: ClassVar[str] = "random_crop"

    pad: int = field(default=0, metadata=argument(natural, "zeros added on each side before"))


@final
@dataclass(frozen=True, kw_only=True)
class CenterCrop(_Sized):
    """The square in the middle."""

    name: ClassVar[str] = "center_crop"


@final
@dataclass(frozen=True, kw_only=True)
class RandomResizedCrop(_Sized):
    """A random share of the image in a random shape, resized; Szegedy et al. 2014, section 6."""

    name: ClassVar[str] = "random_resized_crop"

    scale: Range = field(
        default=Range(0.08, 1.0), metadata=argument(scales, "share of the area that is kept")
    )
    ratio: Range = field(
        default=Range(3 / 4, 4 / 3), metadata=argument(scales, "width over height")
    )


@final
@dataclass(frozen=True, kw_only=True)
class Hflip(Augmentation):
    """Mirror left and right."""

    name: ClassVar[str] = "hflip"

    p: float = field(default=0.5, metadata=argument(probability, "how often"))


@final
@dataclass(frozen=True, kw_only=True)
class Vflip(Augmentation):
    """Mirror top and bottom."""

    name: ClassVar[str] = "vflip"

    p: float = field(default=0.5, metadata=argument(probability, "how often"))


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


@final
@dataclass(frozen=True, kw_only=True)
class TenCrop(_Sized):
    """For tests: corners and centre, each also mirrored; the ten predictions are averaged."""

    name: ClassVar[str] = "ten_crop"


ALL: tuple[type[Description], ...] = (
    Resize, ResizeShorter, RandomCrop, CenterCrop, RandomResizedCrop, Hflip, Vflip, ColorPca,
    ColorJitter, TenCrop,
)  # fmt: skip
