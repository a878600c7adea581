"""Numbers of a block as expressions in its parameters.

A *column* holds the number at one place of the block in each of its instances. On exit, a column
has the expression from which the number came in every instance, or a plain number that came from
no parameter. It is None where instances differ in that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from netlang.backends.torch.emit.arguments.linear import shortened
from netlang.backends.torch.python.tree import (
    Binary,
    Call,
    Constant,
    Expression,
    Index,
    Name,
    TupleDisplay,
    Unary,
    dotted,
)
from netlang.ir.numbers.computed import COMPARISONS, Plain, computed, is_number
from netlang.ir.numbers.provenance import (
    BinaryOrigin,
    CallOrigin,
    InputOrigin,
    ItemOrigin,
    Leaf,
    Origin,
    ParameterOrigin,
    evaluated,
    is_row,
    leaves,
    name_of,
    origin_of,
    parts_of,
)

__all__ = [
    "Environment", "Formula", "Given", "Settled", "Variable", "expression", "formula_of",
    "is_arithmetic", "literal", "one_number", "plain", "value_of", "variables_in",
]  # fmt: skip

Variable: TypeAlias = ParameterOrigin | InputOrigin
Formula: TypeAlias = Origin | Plain
# A number, or the numbers of a list (``(1, 3)``).
Given: TypeAlias = Plain | tuple[Plain, ...]
# What the parameters and input sizes of one instance are.
Environment: TypeAlias = Mapping[Variable, Given]

_MODULES = {"ceil": "math.ceil", "floor": "math.floor", "sqrt": "math.sqrt", "log": "math.log"}


def value_of(formula: Formula, environment: Environment) -> Plain | None:
    """The value of a formula in one instance; None if it can't be computed."""

    def given(leaf: Leaf) -> object:
        if not isinstance(leaf, ItemOrigin):
            return environment.get(leaf)
        row = environment.get(ParameterOrigin(leaf.name))
        return row[leaf.index] if isinstance(row, tuple) and leaf.index < len(row) else None

    return evaluated(formula, given)


def variables_in(formula: Formula) -> list[Variable]:
    """The parameters and sizes in a formula, with repetition, from left to right."""
    return [
        ParameterOrigin(leaf.name) if isinstance(leaf, ItemOrigin) else leaf
        for leaf in leaves(formula)
    ]


def is_arithmetic(formula: Formula) -> bool:
    """Whether a formula consists of whole numbers and the usual operators between them alone."""
    if isinstance(formula, CallOrigin | float) or (
        isinstance(formula, BinaryOrigin) and formula.operator in ("/", "**")
    ):
        return False
    return all(map(is_arithmetic, parts_of(formula)))


class Settled:
    """Formulas in which some variables are replaced by `values`.

    The parameters in `single` are lists of equal numbers, for which one number stands; for those
    in `spread`, one number stands in some instances. `same` are sizes of inputs for which a
    parameter stands.
    """

    def __init__(
        self,
        values: Environment,
        single: frozenset[str] = frozenset(),
        spread: frozenset[str] = frozenset(),
        same: Mapping[Variable, ParameterOrigin] = MappingProxyType({}),
    ) -> None:
        self.values, self._single, self.spread, self._same = values, single, spread, same
        # By identity, each with its formula, so that no other object can come to have it.
        self._known: dict[int, tuple[Formula, Formula]] = {}

    def known(self, formula: Formula) -> Formula:
        """A formula computed as far as possible; shared subformulas are computed once."""
        if isinstance(formula, BinaryOrigin | CallOrigin):
            done = self._known.get(id(formula))
            if done is None:
                done = self._known[id(formula)] = (formula, self._computed(formula))
            return done[1]
        if isinstance(formula, ItemOrigin) and formula.name in self._single:
            formula = ParameterOrigin(formula.name)
        elif isinstance(formula, InputOrigin):
            formula = self._same.get(formula, formula)
        value = value_of(formula, self.values)
        return formula if value is None else value

    def _computed(self, formula: BinaryOrigin | CallOrigin) -> Formula:
        parts = [self.known(part) for part in parts_of(formula)]
        numbers = [part for part in parts if isinstance(part, int | float)]
        if len(numbers) == len(parts):
            found = computed(name_of(formula), numbers)
            return formula if found is None else found
        if isinstance(formula, CallOrigin):
            return CallOrigin(formula.function, tuple(parts))
        left, right = parts
        return shortened(BinaryOrigin(formula.operator, left, right))


def expression(formula: Formula, names: Mapping[Variable, str]) -> Expression:
    """A formula as source, with the given names for its variables."""
    if isinstance(formula, int | float):
        return Constant(formula)
    if isinstance(formula, ItemOrigin):
        return Index(Name(names[ParameterOrigin(formula.name)]), Constant(formula.index))
    if isinstance(formula, ParameterOrigin | InputOrigin):
        return Name(names[formula])
    parts = tuple(expression(part, names) for part in parts_of(formula))
    if isinstance(formula, CallOrigin):
        return _call(formula.function, parts)
    left, right = parts
    if formula.operator == "*" and isinstance(right, Constant):
        left, right = right, left
    return Binary(formula.operator, left, right)


def _call(function: str, parts: tuple[Expression, ...]) -> Expression:
    if function == "neg":
        return Unary("-", parts[0])
    if function in COMPARISONS:
        return Binary(function, *parts)
    return Call(dotted(_MODULES.get(function, function)), parts)


def formula_of(
    column: Sequence[Plain], environments: Sequence[Environment], settled: Settled
) -> Formula | None:
    """The formula of a column, if its numbers came from the same one in every instance."""
    formulas = [settled.known(_formula(value)) for value in column]
    first = formulas[0]
    if any(_differs(each, first) for each in formulas):
        spread = _spread(formulas, settled.spread)
        if spread is None:
            return None
        first, formulas = spread, [spread] * len(formulas)
    if all(map(_gives, formulas, column, environments)):
        return first
    values = [plain(value) for value in column]
    return None if any(_differs(value, values[0]) for value in values) else values[0]


def _spread(formulas: Sequence[Formula], names: frozenset[str]) -> Formula | None:
    """The formula in items of lists, if the others read one number that stands for these."""
    if not names or len({_collapsed(each, names) for each in formulas}) > 1:
        return None
    return next((each for each in formulas if _collapsed(each, names) != each), None)


def _differs(one: Formula, two: Formula) -> bool:
    return one is not two and (type(one) is not type(two) or one != two)


def _formula(value: Plain) -> Formula:
    origin = origin_of(value)
    return plain(value) if origin is None else origin


def _gives(formula: Formula, value: Plain, environment: Environment) -> bool:
    return value_of(formula, environment) == value


def plain(value: Plain) -> Plain:
    """A number without its origin."""
    return +value


def one_number(value: object) -> Plain | None:
    """The number that stands for a value: itself, or the items of a list if all are the same.

    Items that came from different places are not the same, even if they are equal.
    """
    if is_row(value):
        made = {(plain(item), _collapsed(_formula(item))) for item in value}
        return value[0] if len(made) == 1 else None
    return value if is_number(value) else None


def _collapsed(origin: Origin | Plain, names: frozenset[str] | None = None) -> Origin | Plain:
    """An origin in which each list, or each of `names`, stands for its items."""
    if isinstance(origin, ItemOrigin) and (names is None or origin.name in names):
        return ParameterOrigin(origin.name)
    if not isinstance(origin, BinaryOrigin | CallOrigin):
        return origin
    parts = tuple(_collapsed(part, names) for part in parts_of(origin))
    if isinstance(origin, CallOrigin):
        return CallOrigin(origin.function, parts)
    return BinaryOrigin(origin.operator, *parts)


def literal(value: Given) -> Constant | TupleDisplay:
    """A number or list as source."""
    if isinstance(value, tuple):
        return TupleDisplay(tuple(map(Constant, value)))
    return Constant(value)
