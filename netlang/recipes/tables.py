"""The words of recipes: the classes of each kind of thing by name.

A module is imported when a recipe first uses a word of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from netlang.recipes.description import Description

__all__ = ["KINDS", "table"]

# The kind as a message calls it, and the module that holds its classes.
KINDS: Mapping[str, str] = {
    "optimizer": "optimizers",
    "schedule": "schedules",
    "loss": "losses",
    "distribution": "distributions",
    "picture of samples": "samples",
    "data source": "data",
    "augmentation": "augmentations",
    "normalization": "normalizations",
    "initialization": "initializations",
    "source of weights": "pretrained",
    "preparation": "preparations",
    "answer": "answers",
    "space": "spaces",
}


@cache
def table(kind: str) -> Mapping[str, type[Description]]:
    """Every class of a kind by its word in recipes."""
    module = import_module(f"netlang.recipes.words.{KINDS[kind]}")
    classes: tuple[type[Description], ...] = module.ALL
    return {cls.name: cls for cls in classes}
