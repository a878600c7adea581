"""Conditions that remain on several symbols: without implied ones, in concise words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netlang.ir.constraints import Relation
from netlang.ir.dims import Dim, evaluate, floors_of, grows, symbols_of
from netlang.ir.program import Condition
from netlang.ir.sizes.implied import implies
from netlang.ir.sizes.periodic import SizeSet
from netlang.ir.sizes.products import factored
from netlang.ir.sizes.rising import first_size
from netlang.ir.sizes.words.clauses import listed
from netlang.ir.sizes.words.formula import formula_of, stated
from netlang.ir.sizes.work import WorkBudget
from netlang.records import Record

__all__ = ["Together", "statements"]

# With more conditions than this, implied ones aren't searched.
MOST_COMPARED = 32
# The largest size that is searched.
LARGEST = 1 << 20


class Together(Record):
    """A condition on several symbols; with `least`, at least one of these must be that large."""

    condition: Condition
    least: tuple[tuple[str, int], ...] = ()

    @property
    def text(self) -> str:
        if self.least:
            return " or ".join(f"{name} >= {bound}" for name, bound in self.least)
        return formula_of(self.condition.constraint).text

    @property
    def sentence(self) -> str:
        if not self.least:
            return stated(self.condition.constraint)
        bounds = {bound for _, bound in self.least}
        if len(bounds) == 1:
            names = listed([name for name, _ in self.least], "and")
            return f"one of {names} must be at least {min(bounds)}"
        (name, bound), *others = self.least
        first = f"{name} must be at least {bound}"
        return " or ".join([first, *(f"{n} at least {b}" for n, b in others)])

    def holds(self, sizes: Mapping[str, int]) -> bool:
        if self.least:
            return any(sizes[name] >= bound for name, bound in self.least)
        return self.condition.constraint.holds(sizes)

    def advice(self, sizes: Mapping[str, int]) -> str:
        """The values that the given sizes lead to."""
        return "" if self.least else formula_of(self.condition.constraint).advice(sizes)


def statements(
    conditions: list[Condition], own: Mapping[str, SizeSet], work: WorkBudget
) -> list[Together]:
    """What conditions on several symbols add to the demands on each symbol."""
    lows = {name: sizes.first for name, sizes in own.items() if not sizes.is_empty}
    found = [one for condition in conditions for one in _statement(condition, lows)]
    if len(found) > MOST_COMPARED:
        return found
    kept = list(found)
    for one in found:
        if any(_covers(other, one, lows, work) for other in kept if other is not one):
            kept.remove(one)
    return kept


def _covers(one: Together, two: Together, lows: Mapping[str, int], work: WorkBudget) -> bool:
    """Whether the first implies the second."""
    if one.least and two.least:
        bounds = dict(two.least)
        return all(name in bounds and bound >= bounds[name] for name, bound in one.least)
    return implies(one.condition.constraint, two.condition.constraint, lows, work)


def _statement(condition: Condition, lows: Mapping[str, int]) -> tuple[Together, ...]:
    """A condition in its best wording; nothing if the smallest sizes, and so all sizes, meet it.

    If a product of sizes must be at least 2, the failing sizes form a box of small sizes. The value
    never decreases, so the corners of the box decide.
    """
    constraint = condition.constraint
    value = constraint.difference
    names = tuple(dict.fromkeys(symbols_of(value)))
    least = {name: lows.get(name, 1) for name in names}
    whole = (Together(condition),)
    if constraint.relation is not Relation.AT_LEAST or not _never_decreases(value, least):
        return whole
    if evaluate(value, least) >= 0:
        return ()
    bounds = {
        name: first_size(_at(value, least, name), low, LARGEST) for name, low in least.items()
    }
    below = {name: bound - 1 for name, bound in bounds.items() if bound}
    if len(below) < len(names) or evaluate(value, below) >= 0:
        return whole
    return (Together(condition, tuple((name, below[name] + 1) for name in sorted(below))),)


def _at(value: Dim, lows: Mapping[str, int], name: str) -> Callable[[int], bool]:
    """Whether a dim is at least 0 at a size of one symbol, with the others at their smallest."""
    return lambda size: evaluate(value, {**lows, name: size}) >= 0


def _never_decreases(value: Dim, least: Mapping[str, int]) -> bool:
    """Whether a value never decreases from the least sizes on.

    True if every term increases, or if it is a product of nonnegative factors that never decrease.
    """
    if _rises(value, least):
        return True
    found = factored(value, tuple(least)) if len(least) > 1 else None
    if found is None:
        return False
    return all(
        _rises(factor, least) and evaluate(factor, least) >= 0 for factor in found[0].values()
    )


def _rises(dim: Dim, least: Mapping[str, int]) -> bool:
    """Whether a dim grows from the least sizes on, where none of its floors is negative."""
    return grows(dim) and all(evaluate(f.numerator, least) >= 0 for f in floors_of(dim))
