"""Steps whose arguments are all literals: equally written ones share one operator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, final

from netlang.evaluate.values import Layer
from netlang.ir.op import Op
from netlang.records import Record
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["LiteralKey", "LiteralStep", "WrittenArguments", "literal_key", "parameters_given"]

LiteralKey: TypeAlias = tuple[object, ...]


class LiteralStep(Record, gc=False):
    """The operator of equally written steps, and the parameter for each argument."""

    op: Op
    parameters: tuple[str, ...]


def literal_key(op: type[Op], arguments: tuple[ast.Argument, ...]) -> LiteralKey | None:
    """A key that equally written steps share; None if an argument isn't a literal."""
    key: list[object] = [op]
    for argument in arguments:
        value = argument.value
        if isinstance(value, ast.Dims):
            key += (argument.name, tuple, value.sizes)
        elif isinstance(value, (ast.Number, ast.Boolean, ast.String)):
            key += (argument.name, type(value.value), value.value)  # 1, 1.0 and true are equal
        else:
            return None
    return tuple(key)


def parameters_given(layer: Layer, arguments: tuple[ast.Argument, ...]) -> tuple[str, ...]:
    """The parameter to which each of `arguments` was bound in `layer`."""
    names = {id(bound.span): name for name, bound in layer.arguments}
    return tuple([names[id(argument.value.span)] for argument in arguments])


@final
class WrittenArguments(Mapping[str, Span]):
    """Where each argument of a step is written, stored as the arguments themselves."""

    __slots__ = ("_arguments", "_parameters")

    def __init__(self, parameters: tuple[str, ...], arguments: tuple[ast.Argument, ...]) -> None:
        self._parameters = parameters
        self._arguments = arguments

    def __getitem__(self, name: str) -> Span:
        try:
            return self._arguments[self._parameters.index(name)].value.span
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)
