"""Parts of axes joined to one, and axes in another order."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from netlang.analysis.fields.merge import distinct
from netlang.analysis.fields.parts.covering import pruned
from netlang.analysis.fields.reads import LONGEST, Reads, Taps, TooLong, summed
from netlang.analysis.fields.rules.content import Content
from netlang.analysis.fields.state import (
    Context,
    Field,
    ReadState,
    Strand,
    numbered,
    parts_of,
    remapped,
    unfollowed_field,
)
from netlang.records import replace

__all__ = ["alike", "flattened", "holed", "permuted"]


def permuted(state: ReadState, order: Sequence[int]) -> ReadState:
    """The axes in another order."""
    old = parts_of(state.layout)
    places = {part: new for new, part in enumerate(part for axis in order for part in old[axis])}
    fields = tuple(field and remapped(field, places) for field in state.fields)
    return ReadState(tuple(state.layout[axis] for axis in order), fields)


def flattened(state: ReadState, axes: Sequence[int], context: Context) -> ReadState:
    """The state with each of some axes as a single part."""
    if all(len(state.layout[axis]) == 1 for axis in axes):
        return state
    layout = tuple(
        (prod(map(context.number, parts)),) if axis in axes and len(parts) > 1 else parts
        for axis, parts in enumerate(state.layout)
    )
    old, new = parts_of(state.layout), parts_of(layout)
    sizes = numbered(state.layout, context.number)
    places = {
        part: new[axis][0 if axis in axes else index]
        for axis, parts in enumerate(old)
        for index, part in enumerate(parts)
    }
    digits = {
        part: _digit(sizes, parts, part)
        for axis, parts in enumerate(old)
        if axis in axes and len(parts) > 1
        for part in parts
    }
    joined_sizes = numbered(layout, context.number)
    fields = tuple(
        field and _flat(field, places, digits, sizes, joined_sizes) for field in state.fields
    )
    return ReadState(layout, fields, state.pool)


def _digit(sizes: Sequence[int], parts: range, part: int) -> Taps | None:
    """The place along a part as a function of the place along all; None if that is too long."""
    below = prod(sizes[other] for other in parts if other > part)
    if part == parts[0]:
        return Taps(below, 1, ((0,),) * below) if below <= LONGEST else None
    period = below * sizes[part]
    if period > LONGEST:
        return None
    return Taps(period, 0, tuple((o // below,) for o in range(period)))


def _flat(
    field: Field,
    places: dict[int, int],
    digits: dict[int, Taps | None],
    before: Sequence[int],
    sizes: Sequence[int],
) -> Field:
    try:
        flat = [_flat_strand(strand, places, digits, sizes) for strand in field.strands]
        strands = distinct(flat)
    except TooLong:
        return unfollowed_field(field, before, sizes.index(max(sizes)))
    flags = (frozenset(places[p] for p in parts) for parts in (field.uneven, field.loose))
    uneven, loose = flags
    contents = {
        places[p]: holed(own, sizes[places[p]]) if p in digits else own for p, own in field.content
    }
    folded = field.folded or any(part in digits for s in field.strands for part in s.parts)
    content = tuple(sorted(contents.items()))
    found = replace(
        field, strands=strands, uneven=uneven, loose=loose, folded=folded, content=content
    )
    return pruned(found, sizes)


def holed(content: Content, size: int) -> Content:
    """What is known of a part that absorbed one with places that read nothing."""
    return Content(0, size - 1, holes=True, sure=content.sure)


def _flat_strand(
    strand: Strand,
    places: dict[int, int],
    digits: dict[int, Taps | None],
    sizes: Sequence[int],
) -> Strand:
    found: dict[int, Reads] = {}
    for part, reads in strand.terms:
        flat, place = reads, places[part]
        if part in digits:
            taps = digits[part]
            if taps is None:
                raise TooLong
            flat = reads.through(taps, sizes[place])
        found[place] = summed(found[place], flat) if place in found else flat
    return Strand(tuple(sorted(found.items(), key=lambda term: term[0])))


def alike(states: Sequence[ReadState], context: Context) -> list[ReadState]:
    """The states with their axes divided alike."""
    first, *others = ([len(parts) for parts in state.layout] for state in states)
    if all(other == first for other in others) and max(first, default=1) == 1:
        return list(states)
    found = list(states)
    for axis in range(len(first)):
        divided = [tuple(map(context.number, state.layout[axis])) for state in found]
        if len(set(divided)) > 1:
            found = _divided_alike(found, axis, divided, context)
    return found


def _divided_alike(
    states: Sequence[ReadState], axis: int, divided: Sequence[tuple[int, ...]], context: Context
) -> list[ReadState]:
    """The states with one axis divided alike: as those divide it that know of something along it,
    or not at all."""
    known = [place for place, state in enumerate(states) if _is_told_along(state, axis)]
    wanted = {divided[place] for place in known} or {divided[0]}
    if len(wanted) == 1:
        (parts,) = wanted
        return [
            state if own == parts else _divided(state, axis, parts)
            for state, own in zip(states, divided, strict=True)
        ]
    return [flattened(state, (axis,), context) for state in states]


def _is_told_along(state: ReadState, axis: int) -> bool:
    """Whether anything is known along an axis."""
    parts = parts_of(state.layout)[axis]
    fields = [field for field in state.fields if field is not None]
    return any(_is_told(field, part) for field in fields for part in parts)


def _is_told(field: Field, part: int) -> bool:
    flagged = part in field.uneven or part in field.loose or part in dict(field.content)
    return flagged or any(part in strand.parts for strand in field.strands)


def _divided(state: ReadState, axis: int, parts: tuple[int, ...]) -> ReadState:
    """The state with other parts of an axis along which nothing is known."""
    layout = (*state.layout[:axis], parts, *state.layout[axis + 1 :])
    old, new = parts_of(state.layout), parts_of(layout)
    places = {
        part: to
        for other in range(len(layout))
        if other != axis
        for part, to in zip(old[other], new[other], strict=True)
    }
    fields = tuple(field and remapped(field, places) for field in state.fields)
    return ReadState(layout, fields, state.pool)
