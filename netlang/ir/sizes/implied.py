"""Whether one condition on several symbols implies another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import lcm

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Atom, Dim, Expr, Floor, evaluate, floors_of, symbols_of
from netlang.ir.sizes.periodic import LONGEST_PERIOD
from netlang.ir.sizes.quasi import law_of
from netlang.ir.sizes.work import Work

__all__ = ["implies"]


def implies(one: Constraint, two: Constraint, lows: Mapping[str, int], work: Work) -> bool:
    """Whether the first is known to imply the second, where no size is below `lows` (1 if unnamed).

    Neither yes nor no can be wrong: no means that it isn't known.
    """
    first, second = one.left - one.right, two.left - two.right
    if one.relation is Relation.AT_LEAST:
        return two.relation is Relation.AT_LEAST and _never_negative(second - first, lows)
    return _on_the_line(first, second, two.relation, work)


def _never_negative(dim: Dim, lows: Mapping[str, int]) -> bool:
    if isinstance(dim, int):
        return dim >= 0
    rises = all(c > 0 or not monomial for c, monomial in dim.terms)
    least = {name: lows.get(name, 1) for name in symbols_of(dim)}
    return rises and not list(floors_of(dim)) and evaluate(dim, least) >= 0


def _on_the_line(first: Dim, second: Dim, relation: Relation, work: Work) -> bool:
    """Whether the second dim is in `relation` to 0 wherever the first is 0.

    Both are sums of quasi-linear dims of two symbols. Where the first is 0 it is 0 again a period
    further on, by which the second changes by a constant: if that is 0, one period decides.
    """
    names = sorted(set(symbols_of(first)))
    if len(names) != 2 or not set(symbols_of(second)) <= set(names):
        return False
    parts = [_part(first, name) for name in names], [_part(second, name) for name in names]
    if None in parts[0] or None in parts[1]:
        return False
    steps = _translation(parts[0], parts[1])  # type: ignore[arg-type]  # none is None
    if steps is None:
        return False
    here = dict.fromkeys(names, 0)
    if evaluate(second, dict(zip(names, steps, strict=True))) != evaluate(second, here):
        return False
    own = parts[0][1]
    assert own is not None
    law = law_of(own)
    assert law is not None
    if not work.allows(abs(steps[0]) * law[0]):
        return False
    return all(
        _holds(second, {names[0]: size, names[1]: other}, relation)
        for size in range(abs(steps[0]))
        for other in _zeros(first, {names[0]: size}, names[1], law)
    )


def _holds(dim: Dim, sizes: Mapping[str, int], relation: Relation) -> bool:
    value = evaluate(dim, sizes)
    return value == 0 if relation is Relation.EQUAL else value >= 0


def _zeros(dim: Dim, at: dict[str, int], name: str, law: tuple[int, int]) -> Iterator[int]:
    """The numbers for a symbol, negative ones too, at which a dim is 0."""
    period, increment = law
    for residue in range(period):
        times, rest = divmod(-evaluate(dim, {**at, name: residue}), increment)
        if not rest:
            yield residue + times * period


def _translation(first: list[Dim], second: list[Dim]) -> tuple[int, int] | None:
    """How far on along both symbols the first sum is as it was, periods of the second too."""
    steps, changes = [], []
    for one, two in zip(first, second, strict=True):
        laws = law_of(one), law_of(two)
        if laws[0] is None or laws[1] is None or not laws[0][1]:
            return None
        period = lcm(laws[0][0], laws[1][0])
        steps.append(period)
        changes.append(laws[0][1] * (period // laws[0][0]))
    both = lcm(*changes)
    found = steps[0] * (both // changes[0]), -steps[1] * (both // changes[1])
    return found if max(map(abs, found)) <= LONGEST_PERIOD else None


def _part(dim: Dim, name: str) -> Dim | None:
    """The terms of a dim that speak of a symbol, if they speak of no other and are linear."""
    found: Dim = 0
    for coefficient, monomial in dim.terms if isinstance(dim, Expr) else ():
        names = {one for atom in monomial for one in _names(atom)}
        if name not in names:
            continue
        if len(names) > 1 or len(monomial) > 1:
            return None
        found = found + Expr(((coefficient, monomial),))
    return found


def _names(atom: Atom) -> set[str]:
    return set(symbols_of(atom.numerator)) if isinstance(atom, Floor) else {atom.name}
