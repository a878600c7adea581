"""Pictures of what a net makes, drawn while it trains."""

from __future__ import annotations

from typing import ClassVar, final

from netlang.ir.arguments import argument, count, number, text
from netlang.recipes.description import Description

__all__ = ["ALL", "Grid"]


@final
class Grid(Description):
    """Images that an output has for the first examples, in rows of one picture.

    What is drawn for these examples is the same each time. `low` is shown black and `high` white.
    """

    name: ClassVar[str] = "grid"

    output: str = argument(text, "an output of the net, an image of 1 or 3 channels")
    every: int = argument(count, "epochs from one picture to the next", default=5)
    count: int = argument(count, "how many images", default=64)
    low: float = argument(number, "what is shown black", default=0.0)
    high: float = argument(number, "what is shown white", default=1.0)


ALL: tuple[type[Description], ...] = (Grid,)
