"""Other arguments of a class: for each, the value that it had, or one that is near."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from netlang.backends.torch.emit.arguments.constructors import Constructor
from netlang.backends.torch.emit.arguments.formulas import Given, Variable, one_number
from netlang.ir.dims import Expr, evaluate
from netlang.ir.numbers.provenance import (
    Applied,
    InputOrigin,
    argument_of,
    is_row,
    origin_of,
)

__all__ = ["changed_argument", "drawn", "passed", "untraced"]


def drawn(constructor: Constructor, before: Mapping[Variable, Given], random: Random) -> dict[
    Variable, Given
]:  # fmt: skip
    """New values of a class's arguments that are parameters of its block or sizes of its inputs."""
    found: dict[Variable, Given] = {}
    for argument in constructor.arguments:
        value = before[argument.variable]
        found[argument.variable] = (
            tuple(_near(each, random) for each in value)
            if isinstance(value, tuple)
            else _near(value, random)
        )
    return found


def _near(value: int | float, random: Random) -> int | float:
    if isinstance(value, float):
        return random.choice((value, value / 2, value / 4))
    choices = (value, value, value + 1, value + 2, 2 * value, 3 * value, value // 2, value + 8, 1)
    return random.choice([each for each in choices if each > 0 or value <= 0])


def changed_argument(arguments: Mapping[str, object], name: str, value: Given) -> dict[str, object]:
    """The arguments of a block with another value of a parameter, or in a layer that one is."""
    first, _, rest = name.partition(".")
    if not rest:
        old = arguments[first]
        spread = is_row(old) and not isinstance(value, tuple)
        return {**arguments, first: (value,) * len(old) if spread and is_row(old) else value}
    layer = arguments[first]
    assert isinstance(layer, Applied)
    inner = changed_argument(dict(layer.numbers()), rest, value)
    return {**arguments, first: layer.with_numbers(inner)}


def untraced(value: object, sizes: Mapping[str, int]) -> object:
    """A value of an argument whose numbers have no origin, with the given sizes for symbols."""
    if isinstance(value, Applied):
        own = {name: untraced(each, sizes) for name, each in value.numbers()}
        return value.with_numbers(own)
    if isinstance(value, tuple):
        return tuple(untraced(each, sizes) for each in value)
    if isinstance(value, Expr):
        return evaluate(value, sizes)
    return +value if origin_of(value) is not None and isinstance(value, int | float) else value


def passed(
    constructor: Constructor,
    arguments: Mapping[str, object],
    shapes: tuple[tuple[object, ...], ...],
) -> dict[str, Given] | None:
    """What the constructor is called with; None if one of it isn't a parameter of the block."""
    found: dict[str, Given] = {}
    for argument in constructor.arguments:
        variable = argument.variable
        value = (
            shapes[variable.index][variable.axis]
            if isinstance(variable, InputOrigin)
            else argument_of(arguments, variable.name)
        )
        if not argument.length:
            value = one_number(value)
        elif isinstance(value, int | float):
            value = (value,) * argument.length
        if value is None:
            return None
        assert isinstance(value, int | float | tuple)
        found[argument.name] = value
    return found
