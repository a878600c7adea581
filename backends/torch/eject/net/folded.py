"""Moves values that are used once to their use: ``x = pool(x)`` and ``x = self.conv2(x)`` as one.

The computation and its order stay the same: a value only moves to the next statement, past names
and constants, never past another call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.backends.torch.eject.net.room import on_one_line
from netlang.backends.torch.python.traverse import map_expression, walk
from netlang.backends.torch.python.tree import (
    Assign,
    Call,
    ClassDef,
    Expression,
    FunctionDef,
    Name,
    Return,
    Statement,
)
from netlang.records import Record, names_of, replace

__all__ = ["folded"]

# Nested calls.
_DEEPEST = 3


def folded(definitions: Sequence[ClassDef]) -> list[ClassDef]:
    """The classes with shorter `forward` methods."""
    return [replace(each, body=tuple(_method(part) for part in each.body)) for each in definitions]


def _method(part: Statement) -> Statement:
    if not isinstance(part, FunctionDef) or part.name != "forward":
        return part
    body = list(part.body)
    place = len(body) - 2
    while place >= 0:
        joined = _joined(body[place], body[place + 1], body[place + 2 :])
        if joined is not None:
            body[place : place + 2] = [joined]
        place = min(place - 1, len(body) - 2)
    return replace(part, body=tuple(body))


def _joined(first: Statement, second: Statement, later: Sequence[Statement]) -> Statement | None:
    """Both statements as one, or None if that would change the result or be hard to read."""
    if not isinstance(first, Assign) or not isinstance(first.target, Name):
        return None
    if not isinstance(second, Assign | Return) or not isinstance(first.value, Call):
        return None
    name = first.target
    again = isinstance(second, Assign) and second.target == name
    if not again and _reads(later, name):
        return None
    if not _comes_first(second.value, name):
        return None

    def put(expression: Expression) -> Expression:
        return first.value if expression == name else expression

    value = map_expression(second.value, put)
    made, bare = replace(second, value=value), replace(second, value=value, comment="")
    if _depth(value) > _DEEPEST or not on_one_line(bare):
        return None
    return made if on_one_line(made) else bare


def _reads(statements: Sequence[Statement], name: Name) -> bool:
    """Whether statements read a name before they assign it again."""
    for statement in statements:
        values = statement.value if isinstance(statement, Assign) else statement
        if name in walk(values):
            return True
        if isinstance(statement, Assign) and statement.target == name:
            return False
    return False


def _comes_first(value: Expression, name: Name) -> bool:
    """Whether an expression reads a name once, before it makes any call."""
    parts = list(_evaluated(value))
    return parts.count(name) == 1 and not any(
        isinstance(each, Call) for each in parts[: parts.index(name)]
    )


def _evaluated(part: object) -> Iterator[object]:
    """The nodes of an expression in Python's order of evaluation."""
    for each in _parts(part):
        yield from _evaluated(each)
    yield part


def _parts(part: object) -> Iterator[object]:
    """The direct children of a node or tuple of nodes, in textual order."""
    if isinstance(part, tuple):
        yield from part
    elif isinstance(part, Record):
        yield from (getattr(part, name) for name in names_of(part))


def _depth(part: object) -> int:
    """How deep calls are nested."""
    return isinstance(part, Call) + max(map(_depth, _parts(part)), default=0)
