"""The receptive field of a net: along each input axis, the largest of its outputs' fields.

The axes of very many inputs aren't told apart: what a value reads of each would be the square of
the text. One source then stands for the same axis of all inputs with as many axes, a value reads at
most the hull of what it reads of each, and the figures are bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from netlang.analysis.fields.figure import AxisField, ReceptiveField
from netlang.analysis.fields.reads import IDENTITY
from netlang.analysis.fields.rules.taps import Number
from netlang.analysis.fields.state import Field, ReadState, States, Strand, fresh
from netlang.ir.program import Function
from netlang.ir.types import TensorType, Types
from netlang.records import Record, replace

__all__ = ["MOST_SOURCES", "Source", "Sources", "clearer", "figure_of", "larger", "sources_of"]

# Axes that are distinguished: those of 32 images. StyleGAN2 has 17 images of noise.
MOST_SOURCES = 64

# An input of a function and one of its axes.
Source: TypeAlias = tuple[int, int]


class Sources(Record):
    """The axes along which receptive fields are computed, and what the inputs read of them.

    `together`: each axis stands for those of all inputs with as many axes.
    """

    axes: tuple[Source, ...]
    extents: tuple[int, ...]
    inputs: States
    together: bool


def sources_of(net: Function, number: Number) -> Sources:
    """All axes of the inputs but the channels, and that of a vector."""
    types = tuple([port.type for port in net.inputs])
    axes = [(port, axis) for port, type_ in enumerate(types) for axis in _places(type_)]
    if len(axes) > MOST_SOURCES:
        return _together(types, axes, number)
    extents = tuple([number(types[port].shape[axis]) for port, axis in axes])
    return Sources(tuple(axes), extents, fresh(types, axes), together=False)


def _places(type_: TensorType) -> range:
    return range(1, type_.rank) if type_.rank > 1 else range(type_.rank)


def _together(types: Types, axes: Sequence[Source], number: Number) -> Sources:
    """One source, the first, for each axis of all inputs with as many axes."""
    first: dict[tuple[int, int], Source] = {}
    extents: dict[tuple[int, int], int] = {}
    for port, axis in axes:
        key = (types[port].rank, axis)
        first.setdefault(key, (port, axis))
        extents[key] = max(extents.get(key, 0), number(types[port].shape[axis]))
    inputs = tuple([_state(type_, list(first)) for type_ in types])
    return Sources(tuple(first.values()), tuple(extents.values()), inputs, together=True)


def _state(type_: TensorType, keys: Sequence[tuple[int, int]]) -> ReadState:
    """What an input reads of the axes of all inputs with as many axes: at most its own."""
    fields = [
        Field((Strand(((axis, IDENTITY),)),), bound=True) if rank == type_.rank else None
        for rank, axis in keys
    ]
    return ReadState(tuple([(size,) for size in type_.shape]), tuple(fields))


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
    """Of two valid fields, the more informative figures.

    What is read besides windows goes with the figure of windows that leaves it out. If that is
    less than an exact one, the exact one counts as windows what is read of a whole axis.
    """
    best, other = sorted((one, two), key=lambda f: (f.unknown, f.bound, f.size, f.besides))
    if other.besides and not other.unknown and other.size < best.size:
        best = other
    seen_bound, seen = min((f.seen_bound, f.seen) for f in (one, two))
    return replace(best, seen=seen, seen_bound=seen_bound)


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
