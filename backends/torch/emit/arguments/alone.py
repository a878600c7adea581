"""A block by itself: what is an argument of its class, with which default, and one example."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from netlang.backends.torch.emit.arguments.constructors import Constructor, ConstructorArgument
from netlang.backends.torch.emit.arguments.formulas import (
    Environment,
    Formula,
    Given,
    Settled,
    Variable,
    literal,
    one_number,
    plain,
    value_of,
    variables_in,
)
from netlang.backends.torch.emit.arguments.rows import ListParameters, environment_of, rows_of
from netlang.backends.torch.emit.arguments.validity import Alternatives
from netlang.backends.torch.python.printer import flat
from netlang.evaluate.values import describe
from netlang.ir.numbers.provenance import (
    BinaryOrigin,
    InputOrigin,
    Origin,
    ParameterOrigin,
    argument_of,
    is_row,
    origin_of,
)
from netlang.ir.program import Function, Output
from netlang.ir.types import TensorType

__all__ = ["Defaults", "called_with", "example_of", "fixed_in", "told_fixed"]


def fixed_in(function: Function, environment: Environment) -> dict[Variable, Given]:
    """The parameters and sizes that a block's steps fix.

    ``stride == 1`` and ``2 * depth == 4`` have one solution. ``in_channels % heads == 0`` has many:
    it is one of the conditions for which the class holds.
    """
    fixed: set[Variable] = set()
    named: set[str] = set()
    for condition in function.decided:
        named.update(v.name for v in variables_in(condition) if isinstance(v, ParameterOrigin))
        if condition.function == "==":
            fixed.update(_solved(*condition.arguments))
    fixed.update(ParameterOrigin(name) for name in function.pinned - named)
    return {variable: value for variable, value in environment.items() if variable in fixed}


def _solved(left: Formula, right: Formula) -> Iterator[Variable]:
    """The variable for which an equation has one solution, if it is of that kind."""
    side, number = (right, left) if isinstance(left, int | float) else (left, right)
    while isinstance(number, int | float) and isinstance(side, BinaryOrigin):
        side, operator, number = (
            (side.right, side.operator, side.left)
            if isinstance(side.left, int | float)
            else (side.left, side.operator, side.right)
        )
        if operator not in ("+", "-", "*") or (operator == "*" and number == 0):
            return
    if isinstance(number, int | float) and isinstance(side, ParameterOrigin | InputOrigin):
        yield side


class Defaults:
    """The defaults of a block's parameters as those of arguments of its class.

    `written` are those of the spec, in the block's own terms; the class is the block where one of
    `holds` is true, and reads the variables that are `used`.
    """

    def __init__(
        self,
        written: Mapping[str, object],
        rows: ListParameters,
        holds: Alternatives,
        used: Collection[Variable],
    ) -> None:
        self._written, self._rows, self._holds, self._used = written, rows, holds, used
        self._chosen: dict[Variable, Given] = {}

    def of(self, variable: Variable) -> Given | Origin | None:
        """A number, a list or a formula in others.

        None if there is no default, or one for which, with those before, the class isn't the block.
        """
        if not isinstance(variable, ParameterOrigin):
            return None
        value = argument_of(self._written, variable.name)
        found = self._row(variable.name, value)
        if found is None:
            number = one_number(value)
            formula = origin_of(number)
            if formula is not None:
                return formula if all(v in self._used for v in variables_in(formula)) else None
            found = None if number is None else plain(number)
        if found is None or not self._fits({**self._chosen, variable: found}):
            return None
        self._chosen[variable] = found
        return found

    def _row(self, name: str, value: object) -> Given | None:
        """A default that is a list, for a parameter that is one."""
        length = self._rows.lengths.get(name)
        if not is_row(value) or len(value) != length or any(map(origin_of, value)):
            return None
        return tuple(map(plain, value))

    def _fits(self, chosen: Environment) -> bool:
        """Whether the class may be the block for some other arguments with these."""
        settled = Settled(chosen)
        return not self._holds or any(
            all(settled.known(each) is not False for each in all_of) for all_of in self._holds
        )


def told_fixed(constructor: Constructor) -> str:
    """The parameters of a block that aren't arguments of its class, with their values."""
    function = constructor.variant.sample
    names = {
        argument.variable.name.partition(".")[0]
        for argument in constructor.arguments
        if isinstance(argument.variable, ParameterOrigin)
    }
    return ", ".join(
        f"{name}={describe(value)}"
        for name, value in function.arguments.items()
        if name not in names
    )


def called_with(constructor: Constructor) -> list[tuple[ConstructorArgument, Given]]:
    """The arguments for which a block was compiled, without those that have their defaults."""
    variant = constructor.variant
    environment = environment_of(variant.sample, rows_of(variant))
    found = []
    for each in constructor.arguments:
        value = environment[each.variable]
        default = value_of(each.computed, environment) if each.computed else each.default
        if value != default:
            found.append((each, value))
    return found


def example_of(constructor: Constructor) -> str:
    """One call of a class, and the shapes that it takes and gives then."""
    given = [(each, flat(literal(value))) for each, value in called_with(constructor)]
    texts = [text if not each.by_name else f"{each.name}={text}" for each, text in given]
    function = constructor.variant.sample
    taken = _listed([(port.name, port.type) for port in function.inputs])
    made = _listed(list(zip(_names(function.outputs), function.output_types, strict=True)))
    return f"`{constructor.class_name}({', '.join(texts)})` maps {taken} to {made}."


def _names(outputs: Iterable[Output]) -> Iterator[str]:
    for output in outputs:
        yield f"{output.name} (in training)" if output.auxiliary else output.name


def _listed(values: list[tuple[str, TensorType]]) -> str:
    """Types; several ones with their names."""
    if len(values) == 1:
        return str(values[0][1])
    *rest, last = (f"{name} {type_}" for name, type_ in values)
    return f"{', '.join(rest)} and {last}"
