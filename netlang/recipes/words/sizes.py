"""Steps that change the size of an image.

Sizes are height, then width; a single number stands for both. Resizing is bilinear and, when an
image shrinks, averages over all pixels that fall into one (Pillow's `BILINEAR`).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, TypeAlias, final

from netlang.evaluate.values import Range
from netlang.ir.arguments import argument, natural
from netlang.recipes.kinds import counts, scales, side_or_sides, size_or_sizes
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.extents import Frame, exactly, shorter_side

__all__ = [
    "SIZES", "CenterCrop", "Crop", "MultiScale", "RandomCrop", "RandomResizedCrop", "Resize",
    "ResizeShorter", "SizeStep", "TenCrop",
]  # fmt: skip

Size: TypeAlias = int | tuple[int, int]

_SIZE = (side_or_sides, "height and width of the result")


class SizeStep(Augmentation):
    """A step whose result may differ in size from its input."""

    @abstractmethod
    def after(self, before: Frame) -> Frame:
        """The size of the result, as far as it is known."""


class _Fixed(SizeStep):
    size: Size = argument(*_SIZE)

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of the result."""
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)

    def after(self, before: Frame) -> Frame:
        return exactly(*self.sides)


class Crop(_Fixed):
    """A part of the image, which must be at least as large."""

    pad: int = argument(natural, "black pixels added on each side before", default=0)

    @property
    def needed(self) -> tuple[int, int]:
        """The height and width of the smallest image that contains the part."""
        height, width = self.sides
        return max(1, height - 2 * self.pad), max(1, width - 2 * self.pad)

    def fits(self, before: Frame) -> bool:
        """Whether no image is known to be too small."""
        pairs = zip(before, self.needed, strict=True)
        return all(side.low is None or side.low >= size for side, size in pairs)


@final
class Resize(_Fixed):
    """Stretch to a size, regardless of the original shape."""

    name: ClassVar[str] = "resize"
    for_tests: ClassVar[bool] = True


@final
class ResizeShorter(SizeStep):
    """Resize so that the shorter side has the given length, or a whole number drawn from a range.

    The longer side keeps the proportion, rounded down.
    """

    name: ClassVar[str] = "resize_shorter"
    for_tests: ClassVar[bool] = True

    size: int | Range = argument(size_or_sizes, "length of the shorter side")

    @property
    def bounds(self) -> tuple[int, int]:
        """The smallest and the largest length."""
        if isinstance(self.size, Range):
            return int(self.size.start), int(self.size.stop)
        return self.size, self.size

    def after(self, before: Frame) -> Frame:
        return shorter_side(before, *self.bounds)


@final
class RandomCrop(Crop):
    """A part at a random place."""

    name: ClassVar[str] = "random_crop"


@final
class CenterCrop(Crop):
    """The central part."""

    name: ClassVar[str] = "center_crop"
    for_tests: ClassVar[bool] = True


@final
class RandomResizedCrop(_Fixed):
    """A random part of the image with a random shape, resized; Szegedy et al. 2014, section 6.

    The share of the area and the logarithm of the ratio are drawn uniformly. A part that doesn't
    fit into the image is drawn again, at most ten times; then the centre is taken, as large as the
    bounds of the ratio allow.
    """

    name: ClassVar[str] = "random_resized_crop"

    scale: Range = argument(scales, "share of the area that is kept", default=Range(0.08, 1.0))
    ratio: Range = argument(scales, "width over height", default=Range(3 / 4, 4 / 3))


@final
class TenCrop(Crop):
    """For tests: corners and centre, each also mirrored; the ten predictions are averaged.

    Krizhevsky et al. 2012, section 4.1.
    """

    name: ClassVar[str] = "ten_crop"
    for_training: ClassVar[bool] = False
    for_tests: ClassVar[bool] = True


@final
class MultiScale(SizeStep):
    """For tests: the whole image, with its shorter side at each length; predictions are averaged.

    The net must take images of any size; He et al. 2015, arXiv:1512.03385, section 3.4.
    """

    name: ClassVar[str] = "multi_scale"
    for_training: ClassVar[bool] = False
    for_tests: ClassVar[bool] = True

    sizes: tuple[int, ...] = argument(counts, "lengths of the shorter side")

    def after(self, before: Frame) -> Frame:
        return shorter_side(before, min(self.sizes), max(self.sizes))


SIZES: tuple[type[Augmentation], ...] = (
    Resize, ResizeShorter, RandomCrop, CenterCrop, RandomResizedCrop, TenCrop, MultiScale,
)  # fmt: skip
