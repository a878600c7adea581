"""Modules of which each takes the same more than the one before, as one expression of its number.

``Layer(8, 4)``, ``Layer(12, 4)``, ``Layer(16, 4)`` from 1 on are ``Layer(4 * (index + 1), 4)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from netlang.backends.torch.python.tree import Binary, Call, Constant, Expression, Keyword, Name

__all__ = ["LOOP", "progression"]

# The variable of loops over numbered modules.
LOOP = "index"

# The factors of names, and under None a number.
_Terms: TypeAlias = dict[Name | None, int]


def progression(items: Sequence[Expression], first: int) -> Expression | None:
    """The items as one expression in `LOOP`, which counts from `first`; None if they aren't one."""
    head = items[0]
    if all(item == head for item in items):
        return head
    linear = [terms for terms in map(_terms, items) if terms is not None]
    if len(linear) == len(items):
        return _line(linear, first)
    if not isinstance(head, Call):
        return None
    calls = [item for item in items if isinstance(item, Call) and _alike(item, head)]
    if len(calls) < len(items):
        return None
    arguments = [progression(row, first) for row in zip(*(c.arguments for c in calls), strict=True)]
    rows = zip(*(each.keywords for each in calls), strict=True)
    values = [progression([each.value for each in row], first) for row in rows]
    if any(part is None for part in (*arguments, *values)):
        return None
    given = zip(head.keywords, values, strict=True)
    return Call(
        head.function,
        tuple(part for part in arguments if part is not None),
        tuple(Keyword(each.name, value) for each, value in given if value is not None),
    )


def _alike(one: Call, other: Call) -> bool:
    """Whether two calls differ in the values of arguments alone."""
    return (
        one.function == other.function
        and len(one.arguments) == len(other.arguments)
        and [each.name for each in one.keywords] == [each.name for each in other.keywords]
    )


def _terms(part: Expression) -> _Terms | None:
    """A sum of multiples of names, if it is one."""
    match part:
        case Name():
            return {part: 1}
        case Constant(int(value)) if not isinstance(value, bool):
            return {None: value}
        case Binary("+" | "-" | "*" as operator, left, right):
            one, other = _terms(left), _terms(right)
            if one is None or other is None:
                return None
            return _product(one, other) if operator == "*" else _sum(one, other, operator)
        case _:
            return None


def _sum(one: _Terms, other: _Terms, operator: str) -> _Terms:
    sign = 1 if operator == "+" else -1
    return {
        name: one.get(name, 0) + sign * other.get(name, 0) for name in dict.fromkeys((*one, *other))
    }


def _product(one: _Terms, other: _Terms) -> _Terms | None:
    number, rest = (one, other) if set(one) == {None} else (other, one)
    if set(number) != {None}:
        return None
    return {name: factor * number[None] for name, factor in rest.items()}


def _line(rows: Sequence[_Terms], first: int) -> Expression | None:
    """Sums in which each factor grows by as much from one to the next."""
    found: Expression | None = None
    names = dict.fromkeys(name for row in rows for name in row)
    for name in sorted(names, key=lambda name: name is None):
        factors = [row.get(name, 0) for row in rows]
        step = factors[1] - factors[0]
        if any(factor != factors[0] + step * place for place, factor in enumerate(factors)):
            return None
        for term in _term(name, step, factors[0] - step * first):
            found = term if found is None else Binary("+", found, term)
    return found or Constant(0)


def _term(name: Name | None, step: int, start: int) -> Iterator[Expression]:
    """``(step * index + start) * name``, in as few signs as will do."""
    counted: Expression | None = None
    if step:
        counted = Name(LOOP) if step == 1 else Binary("*", Constant(step), Name(LOOP))
    if counted is None:
        factor: Expression = Constant(start)
    elif start:
        factor = Binary("+" if start > 0 else "-", counted, Constant(abs(start)))
    else:
        factor = counted
    if factor == Constant(0):
        return
    if name is None:
        yield factor
    else:
        yield name if factor == Constant(1) else Binary("*", factor, name)
