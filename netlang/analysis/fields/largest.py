"""The receptive field of a net: along each input axis, the largest of its outputs' fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from netlang.analysis.fields.figure import AxisField, ReceptiveField
from netlang.ir.program import Function

__all__ = ["Source", "clearer", "figure_of", "larger", "sources_of"]

# An input of a function and one of its axes.
Source: TypeAlias = tuple[int, int]


def sources_of(net: Function) -> tuple[Source, ...]:
    """The axes along which receptive fields are computed: all but the channels, or a vector's."""
    return tuple(
        (port, axis)
        for port, each in enumerate(net.inputs)
        for axis in (range(1, each.type.rank) if each.type.rank > 1 else range(each.type.rank))
    )


def _bound(one: int, one_bound: bool, two: int, two_bound: bool) -> bool:
    """Whether the larger of two figures is an upper bound: not if that figure is exact."""
    return (one_bound and one > two) or (two_bound and two > one) or (one_bound and two_bound)


def larger(one: AxisField, two: AxisField) -> AxisField:
    """The larger of two fields along an axis, figure by figure."""
    return AxisField(
        max(one.size, two.size),
        max(one.seen, two.seen),
        one.extent,
        _bound(one.size, one.bound, two.size, two.bound),
        _bound(one.seen, one.seen_bound, two.seen, two.seen_bound),
        one.besides or two.besides,
        one.unknown or two.unknown,
    )


def clearer(one: AxisField, two: AxisField) -> AxisField:
    """Of two valid fields, the more informative figures."""
    unknown, bound, size = min((f.unknown, f.bound, f.size) for f in (one, two))
    seen_bound, seen = min((f.seen_bound, f.seen) for f in (one, two))
    besides = one.besides and two.besides
    return AxisField(size, seen, one.extent, bound, seen_bound, besides, unknown)


def figure_of(net: Function, found: Mapping[Source, AxisField]) -> ReceptiveField | None:
    """The largest field along each axis; a vector has places once a window reads it."""
    kept = {
        (port, axis): field
        for (port, axis), field in found.items()
        if net.inputs[port].type.rank > 1 or field.size > 1
    }
    ranks = {port: net.inputs[port].type.rank for port, _ in kept}
    if not ranks:
        return None
    most = max(ranks.values())
    along = []
    for axis in sorted({axis for port, axis in kept if ranks[port] == most}):
        own = [each for (port, a), each in kept.items() if a == axis and ranks[port] == most]
        first, *others = own
        for other in others:
            first = larger(first, other)
        along.append(first)
    return ReceptiveField(tuple(along))
