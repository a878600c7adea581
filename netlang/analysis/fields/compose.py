"""What a call reads: its function's reads composed with what the inputs read.

This is exact if offset and jump describe the inputs completely, each axis on its own. Inputs whose
elements read different things along an axis (`Field.uneven`) are allowed if the function keeps that
axis unchanged or reads all of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlang.analysis.fields.largest import Source
from netlang.analysis.fields.merge import merged
from netlang.analysis.fields.reads import IDENTITY, Interval, Reads, TooLong, reduced
from netlang.analysis.fields.rules.content import together
from netlang.analysis.fields.state import (
    AT_END,
    NOTHING,
    NOWHERE,
    Context,
    Ended,
    Field,
    ReadState,
    Strand,
    has_joined,
    numbered,
    unknown_field,
)
from netlang.ir.program import Function
from netlang.records import replace

__all__ = ["composed", "is_plain", "told_along"]

# Inputs of a function whose states are composed one by one: each call takes work for each pair
# of what it reads and what an output reads of that.
_MOST_INPUTS = 32


def is_plain(states: Sequence[ReadState | None], function: Function) -> bool:
    """Whether offset and jump describe completely what few inputs read, each axis on its own."""
    return len(states) <= _MOST_INPUTS and all(
        state is None or (port.type.rank > 0 and _is_plain(state))
        for state, port in zip(states, function.inputs, strict=True)
    )


def _is_plain(state: ReadState) -> bool:
    if state.pool is not None or has_joined(state.layout):
        return False
    known = [field for field in state.fields if field is not None]
    if any(field.folded or field.content for field in known):
        return False
    return all(strand.is_plain for field in known for strand in field.strands)


def told_along(states: Sequence[ReadState | None]) -> tuple[Source, ...]:
    """The axes that describe what plain inputs read, at least one for each that reads anything."""
    found: list[Source] = []
    for port, state in enumerate(states):
        if state is not None:
            fields = [field for field in state.fields if field is not None]
            axes = set[int]()
            for field in fields:
                axes |= field.parts | field.uneven | field.loose
            found += [(port, axis) for axis in sorted(axes or {0})]
    return tuple(found)


def composed(
    outputs: Sequence[ReadState | None],
    sources: Sequence[Source],
    inputs: Sequence[ReadState | None],
    function: Function,
    context: Context,
) -> tuple[ReadState | None, ...] | None:
    """What the outputs of a function read, whose own fields are along `sources`, its inputs' axes.

    None if this can't be expressed: something uneven is cut or slid over, or elements become
    uneven that were alike in the inputs, which walking the function as it is called may avoid.
    """
    found: list[ReadState | None] = []
    for output in outputs:
        if output is not None:
            own = _per_input(output, sources, function)
            if not all(map(_keeps_uneven, inputs, own)):
                return None
            found.append(_output(output, inputs, own, context))
        else:
            found.append(None)
    return tuple(found) if _are_alike(found) or not _are_alike(inputs) else None


def _are_alike(states: Sequence[ReadState | None]) -> bool:
    """Whether every element reads everything that is stated."""
    return not any(
        field is not None and (field.bound or field.loose or field.uneven)
        for state in states
        if state is not None
        for field in state.fields
    )


def _per_input(
    output: ReadState, sources: Sequence[Source], function: Function
) -> list[list[Field | None]]:
    """What an output reads of each input, along each of its axes."""
    found: list[list[Field | None]] = [[None] * port.type.rank for port in function.inputs]
    for (port, axis), field in zip(sources, output.fields, strict=True):
        found[port][axis] = field
    return found


def _keeps_uneven(state: ReadState | None, own: Sequence[Field | None]) -> bool:
    """Whether each axis along which elements differ is read as a whole or kept unchanged."""
    if state is None:
        return True
    axes = {axis for field in state.fields if field is not None for axis in field.uneven}
    fields = (own[axis] for axis in axes)
    return all(
        field is None or (not field.cut and all(_is_kept(strand) for strand in field.strands))
        for field in fields
    )


def _is_kept(strand: Strand) -> bool:
    return len(strand.terms) == 1 and strand.terms[0][1] == IDENTITY


def _output(
    output: ReadState,
    inputs: Sequence[ReadState | None],
    own: Sequence[Sequence[Field | None]],
    context: Context,
) -> ReadState | None:
    found: list[list[Field]] = [[] for _ in context.extents]
    for state, fields in zip(inputs, own, strict=True):
        if state is None or not any(fields):
            continue
        sizes = numbered(state.layout, context.number)
        for source, field in enumerate(state.fields):
            if field is not None:
                found[source].append(_safely(field, fields, sizes, source, context))
    if not any(found):
        return None
    fields_of = [_merged(each, source, context) for source, each in enumerate(found)]
    return ReadState(output.layout, tuple(fields_of), output.pool)


def _safely(
    field: Field,
    own: Sequence[Field | None],
    sizes: Sequence[int],
    source: int,
    context: Context,
) -> Field:
    try:
        return _field(field, own, sizes, source, context)
    except TooLong:
        return unknown_field(field, source, context)


def _merged(fields: Sequence[Field], source: int, context: Context) -> Field | None:
    """The hull; if values were joined within the function, more than any of them may read."""
    if not fields:
        return None
    try:
        found = merged(fields)
    except TooLong:
        return unknown_field(fields[0], source, context)
    if found.uneven and not any(
        (each.strands, each.ended) == (found.strands, found.ended) for each in fields
    ):
        along = any(part in found.uneven for s in found.strands for part in s.parts)
        return replace(found, loose=found.uneven, bound=found.bound or along)
    return found


def _field(
    field: Field,
    own: Sequence[Field | None],
    sizes: Sequence[int],
    source: int,
    context: Context,
) -> Field:
    """A field of an input composed with what the function reads along that input's axes."""
    known = [each for each in own if each is not None]
    uneven = frozenset[int]().union(*[each.uneven for each in known])
    rest = replace(
        field,
        strands=(),
        every=NOTHING if uneven else field.every,
        uneven=uneven | _kept(field.uneven, own),
        loose=_kept(field.loose, own),
        most=None,
    )
    found = [rest]
    for strand in field.strands:
        ((axis, reads),) = strand.terms
        inner = own[axis]
        if inner is not None:
            made = _through(reads, inner, source, context)
            if field.bound or rest.loose:
                # Less than stated may have reached the function.
                made = replace(made, some=NOTHING, every=NOTHING)
            found.append(_within(made, field, inner, sizes[axis], context.extent(source)))
    whole = merged(found)
    if content := together([each.content for each in known]):
        whole = replace(whole, content=content)
    if through := found[1:]:
        firsts, lasts = zip(*[each.ends for each in through], strict=True)
        ends = max(firsts), max(lasts)
        lost = whole.lost or field.lost
        whole = replace(whole, seamless=whole.seamless and field.seamless, ends=ends, lost=lost)
    if field.uneven and not whole.uneven and not whole.bound:
        return replace(whole, every=whole.some)
    return whole


def _kept(axes: frozenset[int], own: Sequence[Field | None]) -> frozenset[int]:
    """The parts that axes of the input have become, unless they were read as a whole."""
    fields = [own[axis] for axis in axes]
    return frozenset().union(*[field.parts for field in fields if field is not None])


def _through(outer: Reads, inner: Field, source: int, context: Context) -> Field:
    jump, offsets = outer.advance, outer.at(0)
    assert offsets is not None
    strands = tuple([_strand(strand, jump, offsets) for strand in inner.strands])
    ended, some, every = [
        _ended(end, jump, offsets, source, context)
        for end in (inner.ended, inner.some, inner.every)
    ]
    return replace(inner, strands=strands, ended=ended, some=some, every=every, most=None)


def _within(found: Field, outer: Field, inner: Field, size: int, extent: int) -> Field:
    """`inner`, which refers to an axis of `size` places, with the borders of the input applied."""
    if outer.seamless and outer.ends == inner.ends == (AT_END, AT_END):
        return found
    first, last = (
        min(end if end == AT_END or inner.seamless else NOWHERE, own)
        for end, own in zip(outer.ends, inner.ends, strict=True)
    )
    found = replace(found, ends=(first, last))
    if outer.seamless:
        return found
    whole = (0, size - 1), (0, extent - 1)
    some, every = (
        new if min(outer.ends) > NOWHERE and (old.span, new.span) == whole else Ended(new.width)
        for old, new in ((inner.some, found.some), (inner.every, found.every))
    )
    return replace(found, some=some, every=every)


def _ended(end: Ended, jump: int, offsets: Interval, source: int, context: Context) -> Ended:
    if end == NOTHING:
        return end
    width = jump * (end.width - 1) + offsets[1] - offsets[0] + 1 if end.width else 0
    return Ended(width, context.clipped(end.span and _moved(end.span, jump, offsets), source))


def _moved(interval: Interval, jump: int, offsets: Interval) -> Interval:
    return jump * interval[0] + offsets[0], jump * interval[1] + offsets[1]


def _strand(strand: Strand, jump: int, offsets: Interval) -> Strand:
    """A strand with every term scaled by the jump; the offsets are added once."""
    terms = []
    for part, reads in strand.terms:
        bounds = tuple([b and _moved(b, jump, offsets) for b in reads.bounds])
        moved = reduced(reads.period, jump * reads.advance, bounds)
        terms.append((part, Reads(reads.period, 0, bounds, table=True) if reads.table else moved))
        offsets = (0, 0)
    return Strand(tuple(terms))
