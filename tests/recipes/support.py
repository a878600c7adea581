"""What the tests of recipes share."""

from __future__ import annotations

from netlang.modules.library import Library
from netlang.recipes.read import read_recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.source import Source

__all__ = ["path_of"]

_RECIPE = """
net small {{
    input x: [40]
    linear(10)
}}
train sketch {{
    model: small()
    data: mnist1d
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 100
    steps: 10
    augment: {path}
}}
"""


def path_of(text: str) -> tuple[Augmentation, ...]:
    """The steps that a path in a recipe names."""
    module = Library().module(Source("sketch.net", _RECIPE.format(path=text)), None)
    return read_recipe(module, "sketch").augment
