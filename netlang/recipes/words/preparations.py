"""What an ONNX file does to the pixels of an image before its net: `--preprocess`."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from netlang.ir.arguments import argument, choice, count
from netlang.recipes.description import Description
from netlang.recipes.kinds import side_or_sides

__all__ = ["ALL", "AsRecipe", "AsTorchvision", "Preparation"]


class Preparation(Description):
    """How the bytes of an image become the input of a net."""


@final
class AsTorchvision(Preparation):
    """As torchvision prepares images for its weights: resized, the centre of them, normalized.

    Without arguments it is what torchvision's weights of the net ask for. For other nets, the
    centre has the size of the net's input, and the shorter side is in proportion to 256 for 224.
    """

    name: ClassVar[str] = "imagenet"

    resize: int | None = argument(count, "length of the shorter side", default=None)
    crop: int | tuple[int, int] | None = argument(
        side_or_sides, "height and width of the central part", default=None
    )
    interpolation: Literal["bilinear", "bicubic"] | None = argument(
        choice("bilinear", "bicubic"), "how pixels between others are computed", default=None
    )


@final
class AsRecipe(Preparation):
    """As images are prepared for the test of a recipe: by its path, then normalized."""

    name: ClassVar[str] = "recipe"


ALL: tuple[type[Description], ...] = (AsTorchvision, AsRecipe)
