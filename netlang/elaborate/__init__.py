"""Elaboration: from bodies to functions of the IR, and from nets to programs."""

from netlang.elaborate.spec import (
    Target,
    block_program,
    elaborate_target,
    from_python,
    load_program,
    means_recipe,
    names_recipe,
    net_or_block,
    readable,
    resolve,
    resolve_text,
)

__all__ = [
    "Target",
    "block_program",
    "elaborate_target",
    "from_python",
    "load_program",
    "means_recipe",
    "names_recipe",
    "net_or_block",
    "readable",
    "resolve",
    "resolve_text",
]
