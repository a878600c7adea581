"""Several outputs of a net as a plain tuple, which a script unpacks at once."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.torch.python.traverse import walk
from netlang.backends.torch.python.tree import (
    Call,
    ClassDef,
    Field,
    FunctionDef,
    If,
    Name,
    Return,
    Statement,
    TupleDisplay,
)
from netlang.records import replace

__all__ = ["plain_outputs"]


def plain_outputs(definitions: Sequence[ClassDef]) -> list[ClassDef]:
    """The classes without the named tuples, which only the last class, the net, returns."""
    *blocks, net = definitions
    tuples = {each.name for each in blocks if all(isinstance(p, Field) for p in each.body)}
    tuples -= {part.id for each in blocks for part in walk(each.body) if isinstance(part, Name)}
    made = replace(net, body=tuple(_without(part, tuples) for part in net.body))
    called = {part.function for part in walk(made.body) if isinstance(part, Call)}
    gone = {name for name in tuples if Name(name) not in called}
    kept = [each for each in blocks if each.name not in gone]
    return [*kept, replace(net, body=tuple(_without(part, gone) for part in net.body))]


def _without(statement: Statement, names: set[str]) -> Statement:
    """A statement that returns plain tuples instead of the named ones."""
    match statement:
        case Return(Call(Name(name), arguments, ()), comment) if name in names:
            return Return(TupleDisplay(arguments), comment)
        case If(test, body):
            return If(test, tuple(_without(each, names) for each in body))
        case FunctionDef(body=body):
            return replace(statement, body=tuple(_without(each, names) for each in body))
        case _:
            return statement
