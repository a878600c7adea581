"""Steps that change pixel values and don't move pixels.

Images are in 0..1 and stay there; black is 0. Random choices are made for each example.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, final

from netlang.evaluate.values import Range
from netlang.ir.arguments import argument, count, number, probability
from netlang.recipes.kinds import fill, half, non_negative, odd, scales, triple, triples
from netlang.recipes.words.augmentation import Augmentation

__all__ = [
    "COLORS", "Blur", "ColorJitter", "ColorPca", "ColorStep", "Cutout", "Grayscale", "Noise",
    "RandomErasing",
]  # fmt: skip


class ColorStep(Augmentation):
    """A step for images of certain numbers of channels."""

    @property
    @abstractmethod
    def channels(self) -> tuple[int, ...]:
        """The numbers of channels; empty for any."""


@final
class ColorJitter(ColorStep):
    """Brightness, contrast, saturation and hue, in random order.

    The first three are scaled by factors from max(0, 1 - value) to 1 + value: towards black, the
    image's mean grey and its grey version. The hue of HSV is turned by up to a share of its circle.
    """

    name: ClassVar[str] = "color_jitter"

    brightness: float = argument(non_negative, "range of brightness", default=0.0)
    contrast: float = argument(non_negative, "range of contrast", default=0.0)
    saturation: float = argument(non_negative, "range of saturation", default=0.0)
    hue: float = argument(half, "range of the turn, 0.5 for all hues", default=0.0)

    @property
    def channels(self) -> tuple[int, ...]:
        if self.saturation or self.hue:
            return (3,)
        return (1, 3) if self.contrast else ()


@final
class Grayscale(ColorStep):
    """Grey in all three channels: 0.299 R + 0.587 G + 0.114 B."""

    name: ClassVar[str] = "grayscale"

    p: float = argument(probability, "how often", default=0.1)

    @property
    def channels(self) -> tuple[int, ...]:
        return (3,)


@final
class ColorPca(ColorStep):
    """Noise along the principal components of RGB; Krizhevsky et al. 2012, section 4.1.

    Each component is added with its eigenvalue times a number from N(0, std^2). The components are
    those of ImageNet as published with fb.resnet.torch.
    """

    name: ClassVar[str] = "color_pca"

    std: float = argument(non_negative, "deviation of the noise", default=0.1)
    values: tuple[float, ...] = argument(triple, "eigenvalues", default=(0.2175, 0.0188, 0.0045))
    vectors: tuple[tuple[float, ...], ...] = argument(
        triples,
        "eigenvectors: a row for each channel, a column for each",
        default=(
            (-0.5675, 0.7192, 0.4009),
            (-0.5808, -0.0045, -0.8140),
            (-0.5836, -0.6948, 0.4203),
        ),
    )

    @property
    def channels(self) -> tuple[int, ...]:
        return (3,)


@final
class Noise(Augmentation):
    """Normal noise on each element."""

    name: ClassVar[str] = "noise"
    for_signals: ClassVar[bool] = True

    std: float = argument(non_negative, "deviation of the noise")


@final
class Blur(Augmentation):
    """Gaussian blur with a random deviation, truncated to a kernel; borders are mirrored."""

    name: ClassVar[str] = "blur"

    kernel: int = argument(odd, "pixels along each axis that are averaged")
    sigma: Range = argument(scales, "deviation in pixels", default=Range(0.1, 2.0))


@final
class Cutout(Augmentation):
    """A square around any pixel (of a signal, an interval); part of it may lie outside.

    DeVries, Taylor 2017, arXiv:1708.04552.
    """

    name: ClassVar[str] = "cutout"
    for_signals: ClassVar[bool] = True

    size: int = argument(count, "side of the square")
    value: float = argument(number, "what it is filled with", default=0.0)


@final
class RandomErasing(ColorStep):
    """A rectangle anywhere inside of the image; Zhong et al. 2017, arXiv:1708.04896.

    The share of the area and the logarithm of the ratio are drawn uniformly; a rectangle that
    doesn't fit is drawn again, at most ten times. `random` fills it with uniform noise.
    """

    name: ClassVar[str] = "random_erasing"

    p: float = argument(probability, "how often", default=0.5)
    scale: Range = argument(scales, "share of the area that is erased", default=Range(0.02, 0.33))
    ratio: Range = argument(scales, "height over width", default=Range(0.3, 3.3))
    value: float | tuple[float, ...] | str = argument(fill, "what it is filled with", default=0.0)

    @property
    def channels(self) -> tuple[int, ...]:
        return (len(self.value),) if isinstance(self.value, tuple) else ()


COLORS: tuple[type[Augmentation], ...] = (
    ColorJitter, Grayscale, ColorPca, Noise, Blur, Cutout, RandomErasing,
)  # fmt: skip
