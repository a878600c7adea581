"""Whether a statement of a method stands on one line."""

from __future__ import annotations

from netlang.backends.torch.python.printer import INDENT, width
from netlang.backends.torch.python.statements import statement_lines
from netlang.backends.torch.python.tree import Assign, Return

__all__ = ["on_one_line"]


def on_one_line(statement: Assign | Return) -> bool:
    """Whether a statement of a method, with its comment, is printed on one line."""
    first, *rest = statement_lines(statement, 2 * INDENT)
    return not rest and len(first) <= width()
