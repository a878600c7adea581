"""Elaboration: from bodies to functions of the IR, and from nets to programs.

What resolves the names that users give is loaded on first use: checking a file needs none of it.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
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


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from netlang.elaborate import spec

    return getattr(spec, name)
