"""What is computed in training alone, as a conditional expression.

``aux1 = self.aux1(x) if self.training else None``: a branch of one statement takes a line so, and
the two returns of a net become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netlang.backends.torch.eject.net.room import on_one_line
from netlang.backends.torch.python.tree import (
    Assign,
    ClassDef,
    Conditional,
    Constant,
    FunctionDef,
    If,
    Return,
    Statement,
)
from netlang.records import replace

__all__ = ["conditional"]


def conditional(definitions: Sequence[ClassDef]) -> list[ClassDef]:
    """The classes with such branches on a line each, where there is room for them."""
    return [replace(each, body=tuple(map(_method, each.body))) for each in definitions]


def _method(part: Statement) -> Statement:
    if not isinstance(part, FunctionDef) or part.name != "forward":
        return part
    return replace(part, body=tuple(_shorter(part.body)))


def _shorter(body: Iterable[Statement]) -> Iterator[Statement]:
    left = list(body)
    while left:
        first = left.pop(0)
        made = _together(first, left[0] if left else None)
        if isinstance(made, Return):
            left = []
        yield made or first


def _together(first: Statement, second: Statement | None) -> Statement | None:
    """A branch as one statement, including a return at its end; None for all else."""
    made: Assign | Return
    match first, second:
        case If(test, (Assign(target, value, comment),)), _:
            made = Assign(target, Conditional(value, test, Constant(None)), comment)
        case If(test, (Return(value),)), Return(other, comment):
            made = Return(Conditional(value, test, other), comment)
        case _:
            return None
    return made if on_one_line(made) else None
