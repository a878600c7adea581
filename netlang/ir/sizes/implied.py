"""What conditions on several symbols imply: each other, and bounds of a symbol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import lcm

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Atom, Dim, Expr, Floor, evaluate, floors_of, grows, symbols_of
from netlang.ir.sizes.periodic import LONGEST_PERIOD, SizeSet, of_residues, positive
from netlang.ir.sizes.quasi import law_of
from netlang.ir.sizes.rising import first_size
from netlang.ir.sizes.work import WorkBudget
from netlang.records import Record

__all__ = ["MonotoneEquality", "alike", "implies", "monotone_equality", "loosened", "narrowed"]

# Sizes up to this one are checked one by one.
FARTHEST = 1024


def implies(one: Constraint, two: Constraint, lows: Mapping[str, int], work: WorkBudget) -> bool:
    """Whether one condition is known to imply the other, for sizes from `lows` on (default 1).

    No means that it isn't known, so neither answer can be wrong.
    """
    first, second = one.difference, two.difference
    if one.relation is Relation.AT_LEAST:
        return two.relation is Relation.AT_LEAST and _never_negative(second - first, lows)
    return _on_the_line(first, second, two.relation, work)


def _never_negative(dim: Dim, lows: Mapping[str, int]) -> bool:
    if isinstance(dim, int):
        return dim >= 0
    least = {name: lows.get(name, 1) for name in symbols_of(dim)}
    return grows(dim) and not any(floors_of(dim)) and evaluate(dim, least) >= 0


def _on_the_line(first: Dim, second: Dim, relation: Relation, work: WorkBudget) -> bool:
    """Whether the second dim is in `relation` to 0 wherever the first is 0.

    Both are sums of quasi-linear dims of two symbols. Where the first is 0, it is 0 again one
    period later, and the second has changed by a constant. If that constant is 0, one period
    decides.
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
    """The values of a symbol, including negative ones, at which a dim is 0."""
    period, increment = law
    for residue in range(period):
        times, rest = divmod(-evaluate(dim, {**at, name: residue}), increment)
        if not rest:
            yield residue + times * period


def _translation(first: list[Dim], second: list[Dim]) -> tuple[int, int] | None:
    """The shift of both symbols after which the first sum repeats, in periods of the second too."""
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
    """The terms of a dim with a symbol, if they contain no other and are linear."""
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


class MonotoneEquality(Record):
    """An equality of two dims that never decrease, each of one symbol: f(H) = g(W)."""

    names: tuple[str, str]
    dims: tuple[Dim, Dim]

    def partners(self, name: str, size: int, other: SizeSet) -> list[int]:
        """The sizes of the other symbol, among its possible ones, that match a size of one."""
        place = self.names.index(name)
        target = evaluate(self.dims[place], {name: size})

        def value(at: int) -> int:
            return evaluate(self.dims[1 - place], {self.names[1 - place]: at})

        first = first_size(lambda at: value(at) >= target, 1)
        assert first is not None  # the search has no end
        found = []
        while value(first) == target:
            found += [first] if first in other else []
            first += 1
        return found


def monotone_equality(constraint: Constraint, work: WorkBudget) -> MonotoneEquality | None:
    """A constraint as a monotone equality, if it is one and the work allows finding out."""
    difference = constraint.difference
    names = sorted(set(symbols_of(difference)))
    if constraint.relation is not Relation.EQUAL or len(names) != 2:
        return None
    one, two = (_part(difference, name) for name in names)
    if one is None or two is None or not isinstance(difference - one - two, int):
        return None
    laws = law_of(one), law_of(two)
    if laws[0] is None or laws[1] is None or laws[0][1] * laws[1][1] >= 0:
        return None
    sign = 1 if laws[0][1] > 0 else -1
    dims = sign * (difference - two), -sign * two
    if not work.allows(laws[0][0] + laws[1][0]):
        return None
    rising = _rises(dims[0], names[0], laws[0][0]) and _rises(dims[1], names[1], laws[1][0])
    return MonotoneEquality((names[0], names[1]), dims) if rising else None


def _rises(dim: Dim, name: str, period: int) -> bool:
    """Whether a quasi-linear dim of one symbol never decreases."""
    values = [evaluate(dim, {name: size}) for size in range(period + 1)]
    return all(one <= two for one, two in pairwise(values))


def narrowed(
    least: Sequence[tuple[str, int]],
    equality: MonotoneEquality,
    own: Mapping[str, SizeSet],
    work: WorkBudget,
) -> tuple[str, int] | None:
    """The one of two bounds that suffices when a monotone equality relates both symbols."""
    if {name for name, _ in least} != set(equality.names):
        return None
    for (name, bound), (other, far) in (least, least[::-1]):
        if bound > FARTHEST or not work.allows(bound):
            return None
        below = own.get(name, positive).members(1, bound - 1)
        partners = (equality.partners(name, size, own.get(other, positive)) for size in below)
        if not any(size >= far for found in partners for size in found):
            return name, bound
    return None


def loosened(
    name: str, equality: MonotoneEquality, own: Mapping[str, SizeSet], work: WorkBudget
) -> SizeSet | None:
    """The residues of a symbol's sizes without bounds, if the equality implies the bounds.

    None if it doesn't, or if there are no bounds. `own` are the possible sizes of the symbols.
    """
    sizes = own.get(name, positive)
    if sizes.is_empty or sizes.last is not None:
        return None
    modulus, bits = sizes.endless
    whole = of_residues(modulus, {r for r in range(1, modulus + 1) if bits >> r % modulus & 1})
    apart = _beyond(whole, sizes, work)
    return whole if apart and _unpartnered(name, apart, equality, own) else None


def alike(
    name: str, equality: MonotoneEquality, own: Mapping[str, SizeSet], work: WorkBudget
) -> SizeSet | None:
    """The sizes of the other symbol, if the equality implies that a symbol has no others."""
    (other,) = set(equality.names) - {name}
    sizes, others = own.get(name, positive), own.get(other, positive)
    if any(each.is_empty or each.last is not None for each in (sizes, others)):
        return None
    same = sizes.endless == others.endless
    apart = _beyond(sizes, others, work) if same else []
    return others if apart and _unpartnered(name, apart, equality, own) else None


def _beyond(wide: SizeSet, narrow: SizeSet, work: WorkBudget) -> list[int]:
    """The sizes that a set has beyond another one with the same end.

    Empty if there are too many, or if the other one has sizes that the wide set lacks.
    """
    settled = max(wide.settled, narrow.settled)
    if not work.allows(settled):
        return []
    apart = [size for size in range(1, settled) if (size in wide) != (size in narrow)]
    return [] if len(apart) > FARTHEST or any(size in narrow for size in apart) else apart


def _unpartnered(
    name: str, sizes: Sequence[int], equality: MonotoneEquality, own: Mapping[str, SizeSet]
) -> bool:
    """Whether the equality holds for none of the sizes of a symbol."""
    (other,) = set(equality.names) - {name}
    partners = own.get(other, positive)
    return not any(equality.partners(name, size, partners) for size in sizes)
