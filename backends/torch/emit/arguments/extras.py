"""Arguments that a block itself lacks: numbers that no parameter gives in every instance."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.torch.emit.arguments.constructors import short
from netlang.backends.torch.emit.arguments.formulas import (
    Environment,
    Formula,
    Given,
    Variable,
    plain,
)
from netlang.backends.torch.python import identifiers
from netlang.ir.numbers.provenance import ItemOrigin, ParameterOrigin, origin_of
from netlang.ir.program import Node

__all__ = ["Extras"]


class Extras:
    """What is added to the arguments of one variant.

    `values` has those of each instance, and `complete` those beside its parameters and sizes.
    """

    def __init__(self, environments: Sequence[Environment]) -> None:
        self.values: list[dict[Variable, Given]] = [{} for _ in environments]
        self.complete = [dict(environment) for environment in environments]
        self._added: dict[object, ParameterOrigin] = {}

    def number(self, column: Sequence[Given], node: Node, role: str) -> ParameterOrigin:
        """A new argument, named after the step and the number's `role`."""
        taken = {v.name for e in self.complete for v in e if isinstance(v, ParameterOrigin)}
        wanted = f"{node.path.replace('.', '_')}_{short(role)}"
        key = wanted, tuple(map(_told, column))
        if key in self._added:  # the same for each axis
            return self._added[key]
        name = identifiers.PythonScope(taken).fresh(wanted)
        self._added[key] = ParameterOrigin(name)
        for extra, environment, value in zip(self.values, self.complete, column, strict=True):
            extra[ParameterOrigin(name)] = value
            environment[ParameterOrigin(name)] = (
                tuple(map(plain, value)) if isinstance(value, tuple) else plain(value)
            )
        return ParameterOrigin(name)

    def row(self, axes: Sequence[tuple[Given, ...]], node: Node, role: str) -> list[Formula]:
        """The items of a new argument that has a number for each of several axes."""
        rows = [tuple(item for item in row if not isinstance(item, tuple))
                for row in zip(*axes, strict=True)]  # fmt: skip
        name = self.number(rows, node, role).name
        return [ItemOrigin(name, index) for index in range(len(axes))]


def _told(value: Given) -> object:
    """A value by its origin, if it has one: others are equal by chance."""
    if isinstance(value, tuple):
        return tuple(map(_told, value))
    origin = origin_of(value)
    return value if origin is None else origin
