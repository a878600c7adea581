"""Elaboration: from bodies to functions of the IR, and from nets to programs."""

from netlang.elaborate.spec import (
    Target,
    elaborate_target,
    from_python,
    load_program,
    means_recipe,
    names_recipe,
    resolve,
)

__all__ = [
    "Target",
    "elaborate_target",
    "from_python",
    "load_program",
    "means_recipe",
    "names_recipe",
    "resolve",
]
