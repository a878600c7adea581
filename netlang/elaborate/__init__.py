"""Bodies to the IR: the nets of a file to programs."""

from netlang.elaborate.spec import (
    Target,
    elaborate_target,
    from_python,
    load_program,
    names_recipe,
    resolve,
)

__all__ = [
    "Target",
    "elaborate_target",
    "from_python",
    "load_program",
    "names_recipe",
    "resolve",
]
