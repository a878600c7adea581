"""Rules of `netlang.ir.reach` in short form, written out for each axis of the output."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.ir.dims import Dim
from netlang.ir.reach import AxisRule, Everywhere, MappedAxes, OwnAndAll, Same, ToOneSide, Window

__all__ = ["STATISTICS", "STAYING", "UNORDERED", "aligned", "along", "reads_own_place"]


# Rules by which an element reads its own place and, for a statistic or an attention, others.
STATISTICS: frozenset[type[AxisRule]] = frozenset((OwnAndAll, ToOneSide))
# Rules that leave an element at its own place.
STAYING = STATISTICS | {Same}
# Rules that need no order of places: parts of an axis may stay apart.
UNORDERED = STAYING | {Everywhere}


def reads_own_place(rule: AxisRule) -> bool:
    """Whether a place reads that of its own number and no other, as in a convolution 1x1."""
    if isinstance(rule, Window):
        return (rule.kernel, rule.stride, rule.before) == (1, 1, 0)
    return isinstance(rule, Same)


def along(rules: Sequence[AxisRule], rank: int) -> MappedAxes:
    """A rule for each of the first axes; the others of `rank` axes are new."""
    new = rank - len(rules)
    if not new:  # as for most
        return MappedAxes(tuple(range(rank)), tuple(rules))
    return MappedAxes((*range(len(rules)), *(None,) * new), (*rules, *(Everywhere(),) * new))


def aligned(shape: Sequence[Dim], made: Sequence[Dim]) -> MappedAxes:
    """The last axes of `shape` matched with those of `made`; those of size 1 are broadcast."""
    sources = (*(None,) * (len(made) - len(shape)), *range(len(shape)))
    rules = tuple(
        Everywhere() if axis is None or (shape[axis] == 1 != size) else Same()
        for axis, size in zip(sources, made, strict=True)
    )
    return MappedAxes(sources, rules)
