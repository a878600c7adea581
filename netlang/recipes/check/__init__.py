"""Whether a recipe fits its net: all that can be known before training starts, without PyTorch."""

from netlang.recipes.check.fit import check_recipe

__all__ = ["check_recipe"]
