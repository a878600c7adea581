"""Recipes: typed descriptions of how a net is trained, read from `train` definitions."""

from netlang.recipes.check import check_recipe
from netlang.recipes.load import examine_recipe, load_recipe, program_of
from netlang.recipes.read import read_recipe
from netlang.recipes.recipe import Epochs, Precision, Recipe, Steps

__all__ = [
    "Epochs", "Precision", "Recipe", "Steps", "check_recipe", "examine_recipe", "load_recipe",
    "program_of", "read_recipe",
]  # fmt: skip
