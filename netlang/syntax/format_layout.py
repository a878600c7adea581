"""Where lines break: statements, suites, paths and groups become lines.

A line holds up to `LIMIT` characters after its indentation, so moving code into a block or out of it
changes no break. What is too long breaks, in this order: a path before an arrow, a suite into lines,
a group into one line an item. Operators are no place to break; a call that is an operand stays whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from netlang.syntax.format_docstring import docstring_lines
from netlang.syntax.format_lines import INDENT, Lines
from netlang.syntax.format_read import Document
from netlang.syntax.format_tree import (
    Group,
    Item,
    Part,
    Segment,
    Statement,
    Suite,
    comments_of,
    flat_width,
    has_operators,
)
from netlang.syntax.format_words import Word

__all__ = ["LIMIT", "lay_out"]

LIMIT = 100
_BEHIND_OPERATORS = frozenset(("if", "for", "in"))


def lay_out(document: Document) -> list[str]:
    """The lines of a file."""
    layout = _Layout()
    done: list[str] = []
    long = False
    if document.doc:
        done = layout.docstring(document.doc)
        long = True
    for item in document.items:
        lines, own = layout.item(item, bool(done))
        if done and "" not in lines[:own] and (long or len(lines) - own > 1):
            done.append("")
        long = len(lines) - own > 1
        done += lines
    end = layout.end(document.end, bool(done))
    return done + end


@final
class _Layout:
    def __init__(self) -> None:
        self.lines = Lines()

    def item(self, item: Statement, blanks: bool) -> tuple[list[str], int]:
        """The lines of a definition, and how many of them stand before it."""
        lines = self.lines
        lines.done = []
        lines.above(item.first, blanks)
        before = len(lines.done)
        self.statement(item, 0)
        lines.end(0)
        return lines.done, before
