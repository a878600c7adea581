"""Arguments of layers by their place, where a statement then stands on one line.

``Bottleneck(256, 128, 2)`` and ``nn.MaxPool2d(3, 1, padding=1)`` are what a person writes there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature

from torch import nn

from netlang.backends.torch.eject.net.room import on_one_line
from netlang.backends.torch.python.traverse import map_expression
from netlang.backends.torch.python.tree import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    Expression,
    FunctionDef,
    Name,
    Statement,
)
from netlang.records import replace

__all__ = ["positional"]


def positional(definitions: Sequence[ClassDef]) -> list[ClassDef]:
    """The classes with shorter constructors; each argument goes to the parameter that it had."""
    parameters = {
        each.name: tuple(parameter.name for parameter in part.parameters[1:])
        for each in definitions
        for part in each.body
        if isinstance(part, FunctionDef) and part.name == "__init__"
    }
    return [
        replace(each, body=tuple(_method(part, parameters) for part in each.body))
        for each in definitions
    ]


def _method(part: Statement, parameters: Mapping[str, tuple[str, ...]]) -> Statement:
    if not isinstance(part, FunctionDef) or part.name != "__init__":
        return part
    return replace(part, body=tuple(_shorter(each, parameters) for each in part.body))


def _shorter(statement: Statement, parameters: Mapping[str, tuple[str, ...]]) -> Statement:
    """A statement with the first keyword of each call by its place, if it only fits so."""
    if not isinstance(statement, Assign) or on_one_line(replace(statement, comment="")):
        return statement

    def placed(node: Expression) -> Expression:
        return _placed(node, parameters)

    made = replace(statement, value=map_expression(statement.value, placed))
    return made if on_one_line(replace(made, comment="")) else statement


def _placed(node: Expression, parameters: Mapping[str, tuple[str, ...]]) -> Expression:
    """A call of a layer with its first keyword by its place, if that is the next one."""
    if not isinstance(node, Call) or not node.keywords:
        return node
    match node.function:
        case Name(name):
            names = parameters.get(name, ())
        case Attribute(Name("nn"), name):
            names = tuple(signature(getattr(nn, name)).parameters)
        case _:
            return node
    first, *rest = node.keywords
    place = len(node.arguments)
    if names[place : place + 1] != (first.name,):
        return node
    return replace(node, arguments=(*node.arguments, first.value), keywords=tuple(rest))
