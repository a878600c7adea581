"""Distributions of what is drawn: the elements of an input that isn't in the data."""

from __future__ import annotations

from typing import ClassVar, final

from netlang.ir.arguments import argument, number
from netlang.recipes.description import Description
from netlang.recipes.kinds import positive

__all__ = ["ALL", "Distribution", "Normal", "Uniform"]


class Distribution(Description):
    """How each element of an input is drawn, independently of the others."""


@final
class Normal(Distribution):
    """The normal distribution, N(mean, std^2)."""

    name: ClassVar[str] = "normal"

    mean: float = argument(number, "its mean", default=0.0)
    std: float = argument(positive, "its standard deviation", default=1.0)


@final
class Uniform(Distribution):
    """Numbers from `low` to below `high`, all equally likely."""

    name: ClassVar[str] = "uniform"

    low: float = argument(number, "the least number", default=0.0)
    high: float = argument(number, "the end of the numbers", default=1.0)


ALL: tuple[type[Description], ...] = (Normal, Uniform)
