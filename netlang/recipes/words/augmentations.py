"""All families of steps of the paths `augment` and `test`."""

from __future__ import annotations

from netlang.recipes.description import Description
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.color import COLORS
from netlang.recipes.words.geometry import GEOMETRY
from netlang.recipes.words.mixing import MIXING
from netlang.recipes.words.policies import POLICIES
from netlang.recipes.words.sizes import SIZES

__all__ = ["ALL", "Augmentation"]

ALL: tuple[type[Description], ...] = (
    *SIZES, *GEOMETRY, *COLORS, *POLICIES, *MIXING,
)  # fmt: skip
