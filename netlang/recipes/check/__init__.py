"""Checks whether a recipe fits its net: everything that can be known without PyTorch."""

from netlang.recipes.check.fit import check_recipe

__all__ = ["check_recipe"]
