"""Annotations of local names where a type checker couldn't know that a value is a tensor.

The result of a module is `Any` to it, and so is what is computed from that. On exit, no `forward`
returns such a value: it is assigned to a name first, whose type is known or declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.backends.torch.emit.running_names import RUNNING, running_names
from netlang.backends.torch.python.traverse import walk
from netlang.backends.torch.python.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    Field,
    For,
    If,
    Index,
    Name,
    Return,
    Statement,
    TupleDisplay,
    Unary,
)
from netlang.records import replace

__all__ = ["annotated"]

TENSOR = Name("Tensor")
_RUNNING = RUNNING[0]


def annotated(body: Sequence[Statement], parameters: Sequence[str]) -> tuple[Statement, ...]:
    """The body of a `forward` that returns tensors which a type checker knows as such.

    The parameters are tensors.
    """
    *before, last = body
    unknown = _unknown_names(before, parameters)
    if not isinstance(last, Return) or not _is_unknown(last.value, unknown):
        return tuple(body)
    read = {part.id for part in walk(last.value) if isinstance(part, Name)}
    if not _is_unknown(last.value, unknown - read):
        return (*_declared(before, unknown & read), last)
    if _RUNNING in parameters:
        return (*before, Assign(Name(_RUNNING), last.value, last.comment), Return(Name(_RUNNING)))
    taken = {*parameters, *_assigned(before)}
    name = Name(next(name for name in running_names() if name not in taken))
    return (*before, Assign(name, last.value, last.comment, TENSOR), Return(name))


def _unknown_names(body: Sequence[Statement], parameters: Sequence[str]) -> frozenset[str]:
    """The names whose last value isn't known to be a tensor. Parameters always are."""
    unknown = set[str]()
    for statement in _assignments(body):
        names = set(_targets(statement)) - {*parameters}
        if _is_unknown(statement.value, unknown):
            unknown |= names
        else:
            unknown -= names
    return frozenset(unknown)


def _assignments(body: Sequence[Statement]) -> Iterator[Assign]:
    for statement in body:
        if isinstance(statement, Assign):
            yield statement
        elif isinstance(statement, If | For):
            yield from _assignments(statement.body)


def _assigned(body: Sequence[Statement]) -> set[str]:
    return {name for statement in _assignments(body) for name in _targets(statement)}


def _targets(statement: Assign) -> Iterator[str]:
    target = statement.target
    for part in target.items if isinstance(target, TupleDisplay) else (target,):
        if isinstance(part, Name):
            yield part.id


def _declared(body: Sequence[Statement], names: frozenset[str]) -> Iterator[Statement]:
    """The statements; those that first give names a value say that these are tensors."""
    left = set(names)
    for statement in body:
        new = sorted(left & _assigned([statement]))
        left -= {*new}
        if isinstance(statement, Assign) and [statement.target] == [Name(name) for name in new]:
            yield replace(statement, annotation=TENSOR)
            continue
        yield from (Field(name, TENSOR) for name in new)
        yield statement


def _is_unknown(part: Expression, unknown: set[str] | frozenset[str]) -> bool:
    """Whether the type of a value is `Any`: it comes from a module, or from such a value."""
    match part:
        case Name(id):
            return id in unknown
        case Call(Name("cast"), (wanted, _)):
            return wanted == Name("Any")
        case Attribute(Index() as item) if _is_module(item):
            return True  # of a member of a container
        case Call(function):
            return _is_module(function) or _is_unknown_method(function, unknown)
        case Index(value) | Attribute(value) | Unary(_, value):
            return _is_unknown(value, unknown)
        case Binary(_, left, right) | Conditional(left, _, right):
            return _is_unknown(left, unknown) or _is_unknown(right, unknown)
    return False


def _is_unknown_method(function: Expression, unknown: set[str] | frozenset[str]) -> bool:
    return isinstance(function, Attribute) and _is_unknown(function.value, unknown)


def _is_module(function: Expression) -> bool:
    """Whether a function is a module of the class: ``self.conv``, ``self.layers[0]``."""
    while isinstance(function, Index | Attribute):
        function = function.value
    match function:
        case Name("self") | Call(Name("cast"), (Name("Any"), _)):
            return True
    return False
