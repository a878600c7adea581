"""What a rule of recipes sees."""

from __future__ import annotations

from typing import final

from netlang.ir.program import Program
from netlang.lint.steps import StepsInText
from netlang.recipes.recipe import Recipe
from netlang.records import Record

__all__ = ["Training"]


@final
class Training(Record):
    """A recipe and the net that it trains; `steps` are those of the recipe's file."""

    recipe: Recipe
    program: Program
    steps: StepsInText
