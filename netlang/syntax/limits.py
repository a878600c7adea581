"""Limits on files, nesting and numbers, and the exception for violations.

The limits bound time and memory for any input, and are far above what a person writes.
"""

from __future__ import annotations

from typing import final

__all__ = [
    "MAX_ARGUMENTS",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_SYMBOLS",
    "Mistake",
]

MAX_CHARACTERS = 16 * 2**20
"""A net of 100,000 distinct layer lines has about 5 million."""

MAX_ARGUMENTS = 1_000
"""Parameters of a definition, and arguments of a call."""

MAX_DEPTH = 100
"""How deep brackets, operators and `else if` may nest; later stages recurse over the tree."""

MAX_SYMBOLS = 16 * MAX_DEPTH
"""Symbols on the parser's stack, which is deeper only if nesting exceeds `MAX_DEPTH`."""

MAX_DIGITS = 30
"""Digits of one number: 64-bit sizes have 19, a float distinguishes 17."""


@final
class Mistake(Exception):
    """An error in the text from `start` to `end` that the tables can't detect.

    `kind` names the function of `netlang.syntax.mistakes.text` that explains it. Diagnostics aren't
    made here, so that a valid file never loads their module.
    """

    def __init__(self, kind: str, start: int, end: int) -> None:
        super().__init__(kind, start, end)
        self.kind = kind
        self.start = start
        self.end = end
