"""Replaces sizes that an equality defines by another one.

If W must equal 2*H, every condition on W becomes one on H.
"""

from __future__ import annotations

from collections.abc import Iterable

from netlang.ir.constraints import Relation
from netlang.ir.dims import Dim, Expr, Symbol, floors_of, substitute, symbols_of
from netlang.ir.program import Condition
from netlang.records import Record, replace

__all__ = ["Definition", "defined"]

# Each definition is put into all conditions; more than these stay as they are.
MOST_DEFINITIONS = 8


class Definition(Record):
    """The symbol `name` must equal `value`, by a condition."""

    name: str
    value: Dim
    condition: Condition


def defined(conditions: Iterable[Condition]) -> tuple[list[Definition], list[Condition]]:
    """The definitions among the conditions, and the others without the defined symbols."""
    definitions: list[Definition] = []
    left = list(conditions)
    while len(definitions) < MOST_DEFINITIONS:
        found = next(filter(None, map(_definition, left)), None)
        if found is None:
            break
        definitions.append(found)
        left = [_without(found, one) for one in left if one is not found.condition]
    return definitions, left


def _definition(condition: Condition) -> Definition | None:
    """The definition of one of two symbols that a condition implies, if any."""
    constraint = condition.constraint
    difference = constraint.difference
    if constraint.relation is not Relation.EQUAL or not isinstance(difference, Expr):
        return None
    if len(set(symbols_of(difference))) != 2:
        return None
    within = {name for floor in floors_of(difference) for name in symbols_of(floor.numerator)}
    for name in sorted(set(symbols_of(difference)) - within, reverse=True):
        sole = [(c, m) for c, m in difference.terms if Symbol(name) in m]
        if len(sole) == 1 and abs(sole[0][0]) == 1 and len(sole[0][1]) == 1:
            sign = sole[0][0]
            value = Expr(((1, (Symbol(name),)),)) - sign * difference
            return Definition(name, value, condition)
    return None


def _without(definition: Definition, condition: Condition) -> Condition:
    constraint = condition.constraint
    put = {definition.name: definition.value}
    left, right = substitute(constraint.left, put), substitute(constraint.right, put)
    if left == constraint.left and right == constraint.right:
        return condition
    return replace(condition, constraint=replace(constraint, left=left, right=right))
