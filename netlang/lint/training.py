"""The rules on recipes: functions of a recipe and the net that it trains."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netlang.diagnostics.diagnostic import Caution
from netlang.lint.rules.heads import untrained_heads
from netlang.lint.rules.logits import probabilities_as_logits
from netlang.lint.rules.timing import change_beyond_end
from netlang.lint.trained import Training

__all__ = ["RECIPE_RULES", "RecipeRule"]

RecipeRule = Callable[[Training], Iterator[Caution]]

RECIPE_RULES: tuple[RecipeRule, ...] = (
    probabilities_as_logits, change_beyond_end, untrained_heads,
)  # fmt: skip
