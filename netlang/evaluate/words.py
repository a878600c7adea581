"""The words to which the language itself gives a meaning in expressions and steps."""

from __future__ import annotations

from netlang.evaluate.builtins import FUNCTIONS
from netlang.ops import KEYWORDS, is_keyword, operator

__all__ = ["is_word"]


def is_word(name: str) -> bool:
    """Whether a name has a meaning even if nothing in the file defines it."""
    known = name in FUNCTIONS or name in KEYWORDS or is_keyword(name)
    return known or operator(name) is not None
