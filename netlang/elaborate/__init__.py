"""From syntax trees to the IR: names, arithmetic, block expansion."""

from netlang.elaborate.modules import Library, Module
from netlang.elaborate.spec import Target, elaborate_target, load_program, names_recipe, resolve

__all__ = [
    "Library",
    "Module",
    "Target",
    "elaborate_target",
    "load_program",
    "names_recipe",
    "resolve",
]
