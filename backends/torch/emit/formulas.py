"""Numbers of a block as expressions in its parameters.

A *column* holds the number at one place of the block in each of its instances. On exit, a column
has one expression that gives the right number in every instance: the elaborator's own if there is
one, a plain number, or the simplest one that fits. It is None if nothing fits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from netlang.backends.torch.python.tree import Binary, Constant, Expression, Name, NumberValue
from netlang.ir.provenance import (
    BinaryOrigin,
    InputOrigin,
    Origin,
    ParameterOrigin,
    Traced,
    origin_of,
)

__all__ = [
    "Environment", "Formula", "Settled", "Variable", "expression", "fit", "formula_of", "plain",
    "scalar", "value_of", "variables_in",
]  # fmt: skip

Variable: TypeAlias = ParameterOrigin | InputOrigin
Formula: TypeAlias = Origin | NumberValue
# What the parameters and input sizes of one instance are.
Environment: TypeAlias = Mapping[Variable, NumberValue]


def value_of(formula: Formula, environment: Environment) -> NumberValue | None:
    """The value of a formula in one instance; None if it can't be computed."""
    if not isinstance(formula, BinaryOrigin):
        return formula if isinstance(formula, (int, float)) else environment.get(formula)
    left = value_of(formula.left, environment)
    right = value_of(formula.right, environment)
    if left is None or right is None:
        return None
    match formula.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "//":
            return left // right if right else None
        case "%":
            return left % right if right else None
    return None


def variables_in(formula: Formula) -> list[Variable]:
    """The parameters and sizes in a formula, with repetition, from left to right."""
    found: list[Variable] = []
    left = [formula]
    while left:
        each = left.pop()
        if isinstance(each, BinaryOrigin):
            left += (each.right, each.left)
        elif not isinstance(each, (int, float)):
            found.append(each)
    return found


class Settled:
    """Formulas in which some variables are replaced by `values`."""

    def __init__(self, values: Environment) -> None:
        self.values = values
        # By identity, each with its formula, so that no other object can come to have it.
        self._known: dict[int, tuple[Formula, Formula]] = {}

    def known(self, formula: Formula) -> Formula:
        """A formula computed as far as possible; shared subformulas are computed once."""
        if not isinstance(formula, BinaryOrigin):
            if isinstance(formula, (int, float)):
                return formula
            return self.values.get(formula, formula)
        done = self._known.get(id(formula))
        if done is None:
            done = self._known[id(formula)] = (formula, self._computed(formula))
        return done[1]

    def _computed(self, formula: BinaryOrigin) -> Formula:
        left, right = self.known(formula.left), self.known(formula.right)
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            computed = value_of(formula, self.values)
            return formula if computed is None else computed
        if isinstance(left, float) or isinstance(right, float):
            return formula
        return _simplified(BinaryOrigin(formula.operator, left, right))


def _simplified(formula: BinaryOrigin) -> Formula:
    """Without operations that do nothing (``x * 1``), and with multiples of a term combined."""
    operator, left, right = formula.operator, formula.left, formula.right
    neutral = 0 if operator in ("+", "-") else 1
    if right == neutral and operator != "%":
        return left
    if left == neutral and operator in ("+", "*"):
        return right
    (one, term), (two, other) = _multiple(left), _multiple(right)
    if operator == "*" and isinstance(left, int):
        return BinaryOrigin("*", left * two, other)
    if operator == "*" and isinstance(right, int):
        return BinaryOrigin("*", one * right, term)
    if operator == "//" and isinstance(right, int) and right > 0 and one % right == 0:
        return _simplified(BinaryOrigin("*", one // right, term))
    if operator == "+" and term == other:
        return BinaryOrigin("*", one + two, term)
    return formula


def _multiple(term: Origin | int) -> tuple[int, Origin | int]:
    """A multiple as factor and term: ``3 * x`` as 3 and x; any other term as 1 and itself."""
    if isinstance(term, BinaryOrigin) and term.operator == "*":
        if isinstance(term.left, int):
            return term.left, term.right
        if isinstance(term.right, int):
            return term.right, term.left
    return 1, term


def expression(formula: Formula, names: Mapping[Variable, str]) -> Expression:
    """A formula as source, with the given names for its variables."""
    if isinstance(formula, BinaryOrigin):
        left, right = expression(formula.left, names), expression(formula.right, names)
        swap = formula.operator == "*" and isinstance(right, Constant)
        left, right = (right, left) if swap else (left, right)
        return Binary(formula.operator, left, right)
    if isinstance(formula, ParameterOrigin | InputOrigin):
        return Name(names[formula])
    return Constant(formula)


def formula_of(
    column: Sequence[NumberValue], environments: Sequence[Environment]
) -> Formula | None:
    """The formula of a column, as far as provenance and equality give one."""
    for origin in dict.fromkeys(origin_of(value) for value in column):
        if origin is not None and _gives(origin, column, environments):
            return origin
    return plain(column[0]) if len({(type(plain(v)), v) for v in column}) == 1 else None


def plain(value: NumberValue) -> NumberValue:
    """A number without its origin."""
    return int(value) if isinstance(value, Traced) else value


def _gives(
    formula: Formula, column: Sequence[NumberValue], environments: Sequence[Environment]
) -> bool:
    return all(
        value_of(formula, environment) == value
        for value, environment in zip(column, environments, strict=True)
    )


def fit(
    column: Sequence[NumberValue],
    environments: Sequence[Environment],
    role: str,
    used: Collection[Variable] = (),
) -> Formula | None:
    """The simplest formula for a column that differs between instances.

    If two variables both fit, one with a name similar to `role` is preferred, then one not in
    `used`.
    """
    shared = list(_distinct(environments))
    shared.sort(key=lambda v: (_distance(v, role), v in used))
    for formula in _candidates(shared, column, environments[0]):
        if _gives(formula, column, environments):
            return formula
    return None


def _distinct(environments: Sequence[Environment]) -> Iterator[Variable]:
    """The variables of all instances, without an input size that always equals another."""
    seen: set[tuple[NumberValue, ...]] = set()
    for variable in environments[0]:
        if not all(variable in environment for environment in environments):
            continue
        values = tuple(environment[variable] for environment in environments)
        if isinstance(variable, InputOrigin):
            if values in seen:
                continue
            seen.add(values)
        yield variable


def _distance(variable: Variable, role: str) -> int:
    """How unrelated a variable is to a role, judging by its name."""
    if isinstance(variable, InputOrigin):
        return 0 if role.startswith("in_") or role == "num_features" else 2
    return 0 if variable.name in role else 1


def _candidates(
    variables: Sequence[Variable], column: Sequence[NumberValue], first: Environment
) -> Iterator[Formula]:
    """Formulas worth trying, simple ones first."""
    yield from variables
    if not all(isinstance(value, int) for value in column):
        return
    whole = [variable for variable in variables if isinstance(first[variable], int)]
    wanted = int(column[0])
    for variable in whole:
        yield from _scaled(variable, wanted, int(first[variable]))
    for index, one in enumerate(whole):
        for two in whole[index + 1 :]:
            yield BinaryOrigin("*", one, two)
            yield BinaryOrigin("+", one, two)
            yield BinaryOrigin("//", one, two)
            yield BinaryOrigin("//", two, one)


def _scaled(variable: Variable, wanted: int, value: int) -> Iterator[Formula]:
    if value and wanted > value and wanted % value == 0:
        yield BinaryOrigin("*", wanted // value, variable)
    for divisor in dict.fromkeys((2, value // wanted if wanted > 0 else 2)):
        if divisor > 1:
            yield BinaryOrigin("//", variable, divisor)
    yield BinaryOrigin("//", BinaryOrigin("-", variable, 1), 2)


def scalar(value: object) -> int | float | None:
    """A value as a number: itself, or the common value of a tuple's items (``3x3``)."""
    if isinstance(value, tuple) and value and all(item == value[0] for item in value):
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, Traced | float) else int(value)
