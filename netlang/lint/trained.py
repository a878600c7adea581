"""What a rule of recipes sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from netlang.ir.program import Program
from netlang.lint.steps import Steps
from netlang.recipes.recipe import Recipe

__all__ = ["Training"]


@final
@dataclass(frozen=True)
class Training:
    """A recipe and the net that it trains; `steps` are those of the recipe's file."""

    recipe: Recipe
    program: Program
    steps: Steps
