"""The receptive field of one layer as a recurrence, and what its output reads in words.

If offset and jump say everything: r_out = r_in + (k - 1) j, j_out = j s, start_out = start_in - p j
(Araujo, Norris, Sim 2019, doi:10.23915/distill.00021). r is the number of input elements that an
element reads, j the distance in the input between those of neighbours, start the first one that
element 0 reads, k the span of the window (including dilation), s its stride and p the padding
before the first place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from netlang.analysis.fields.apply import applied, hull_of
from netlang.analysis.fields.reads import LONGEST, Reads
from netlang.analysis.fields.rules.taps import Number
from netlang.analysis.fields.state import Field, Layout, ReadState, States, parts_of
from netlang.analysis.fields.walk import Fields
from netlang.ir.derivation import Line
from netlang.ir.op import Op
from netlang.ir.reach import Along, Reach, Window
from netlang.ir.types import TensorType, Types
from netlang.ops.spatial import axis_name
from netlang.records import Record

__all__ = ["Recurrence", "recurrence"]

# Phases and ways that are described one by one.
MOST_PHASES = 4


class Recurrence(Record):
    """The lines of a layer's receptive field, and what an element of its output reads, in words."""

    lines: tuple[Line, ...]
    reads: tuple[str, ...]


def recurrence(
    fields: Fields, op: Op, states: States, inputs: Types, output: TensorType
) -> Recurrence:
    """The recurrence of a layer whose inputs are in `states`."""
    if not any(states):
        return Recurrence((), ("not made from the input",))
    reach = op.reach(inputs)
    made = applied(reach, states, inputs, output, fields.context)
    before = hull_of(states, fields.context) if len(states) == 1 else None
    lines: list[tuple[str, tuple[Line, ...]]] = []
    words: list[tuple[str, str]] = []
    several = len({port for port, _ in fields.sources.axes}) > 1
    for source, (port, axis) in enumerate(fields.sources.axes):
        name = _name(fields, port, axis, several)
        if made is not None and (field := made.fields[source]) is not None:
            words.append((name, _words(made, field, axis, fields.context.number)))
        if before is not None:
            lines.append((name, tuple(_lines(before, source, reach))))
    return Recurrence(tuple(_all_lines(lines)), tuple(_all_words(words)))


def _name(fields: Fields, port: int, axis: int, several: bool) -> str:
    """The name of an input's axis; includes the input's name if there are several."""
    rank = fields.net.inputs[port].type.rank
    own = axis_name(rank - 1, axis - 1) if 2 <= rank <= 4 else f"axis {axis}"
    if fields.sources.together:
        return f"{own} of the inputs with {rank} {'axis' if rank == 1 else 'axes'}"
    return f"{own} of `{fields.net.inputs[port].name}`" if several else own


def _lines(before: ReadState, source: int, reach: Reach) -> Iterator[Line]:
    """The recurrence along one source, if a window slides along it."""
    field = before.fields[source]
    if field is None or len(field.strands) != 1 or not field.strands[0].is_plain:
        return
    ((part, reads),) = field.strands[0].terms
    if not isinstance(reach, Along) or any(len(parts) > 1 for parts in before.layout):
        return
    rule = reach.rules[part]
    bound = reads.bounds[0]
    if not isinstance(rule, Window) or bound is None:
        return
    (start, stop), jump = bound, reads.advance
    size, span = stop - start + 1, rule.dilation * (rule.kernel - 1) + 1
    grown = f"{size} + ({span} - 1)*{jump}"
    yield Line("r_out = r_in + (k - 1)*j", grown, size + (span - 1) * jump)
    yield Line("j_out = j*s", f"{jump}*{rule.stride}", jump * rule.stride)
    moved = f"{start} - {rule.before}*{jump}"
    yield Line("start_out = start_in - p*j", moved, start - rule.before * jump)


def _all_lines(found: Sequence[tuple[str, tuple[Line, ...]]]) -> Iterator[Line]:
    """The lines of all axes; equal ones once."""
    alike = len({lines for _, lines in found}) == 1
    for name, lines in found[:1] if alike else found:
        for line in lines:
            what = line.what if alike else f"{line.what} ({name})"
            yield Line(what, line.formula, line.value)


def _all_words(found: Sequence[tuple[str, str]]) -> Iterator[str]:
    alike = len({text for _, text in found}) == 1
    for name, text in found[:1] if alike else found:
        yield text if alike else f"{name}: {text}"


# --- in words -----------------------------------------------------------------------------------


def _words(made: ReadState, field: Field, axis: int, number: Number) -> str:
    """What an element reads along one source, which is axis number `axis` of its input."""
    behind = _behind(made.layout, field, number)
    places = _place_names(made, axis, alone=behind > 0)
    texts = [_strand(dict(strand.terms), places, behind) for strand in field.strands[:MOST_PHASES]]
    text = ", and ".join(texts)
    if field.ended.span:
        whole = f"every element reads {_interval(*field.ended.span)}"
        text = f"{text}; besides, {whole}" if text else whole
    return f"{text} (at most)" if field.bound or field.loose else text


def _behind(layout: Layout, field: Field, number: Number) -> int:
    """Elements of an axis for each place of its first part, if what is read depends on that alone.

    0 if it doesn't, or if they are too many to be told one by one.
    """
    terms = [term for strand in field.strands for term in strand.terms]
    for parts, sizes in zip(parts_of(layout), layout, strict=True):
        if {part for part, _ in terms} == {parts.start}:
            behind = prod(map(number, sizes[1:]))
            few = all(reads.period * behind <= LONGEST and not reads.table for _, reads in terms)
            return behind if behind == 1 or few else 0
    return 0


def _place_names(made: ReadState, own: int, *, alone: bool) -> list[str]:
    """A name for the place along each part: i along the only axis, or where the source stands."""
    if alone:
        return ["i"] * sum(map(len, made.layout))
    return [
        ("i" if axis == own else f"i_{axis}") + (f".{place}" if len(parts) > 1 else "")
        for axis, parts in enumerate(made.layout)
        for place in range(len(parts))
    ]


def _strand(terms: dict[int, Reads], places: Sequence[str], behind: int) -> str:
    if len(terms) == 1:
        ((part, reads),) = terms.items()
        if behind > 1:
            bounds = tuple(bound for bound in reads.bounds for _ in range(behind))
            reads = Reads(reads.period * behind, reads.advance, bounds)
        return _alone(reads, places[part])
    if all(reads.is_plain for reads in terms.values()):
        names = ", ".join(places[part] for part in terms)
        moving = " + ".join(_times(reads.advance, places[p]) for p, reads in terms.items())
        low = sum(b[0] for reads in terms.values() if (b := reads.bounds[0]))
        high = sum(b[1] for reads in terms.values() if (b := reads.bounds[0]))
        return f"element {names} reads {_moved(moving, low, high)}"
    return "what an element reads depends on " + " and ".join(places[part] for part in terms)


def _alone(reads: Reads, place: str) -> str:
    if reads.period == 1:
        bound = reads.bounds[0]
        if bound is None:
            return "nothing is read"
        return f"element {place} reads {_moved(_times(reads.advance, place), *bound)}"
    widths = {high - low + 1 for low, high in filter(None, reads.bounds)}
    widest = f"the widest reads {max(widths, default=0)}"
    if reads.table:
        return f"what an element reads depends on its place {place}; {widest}"
    groups = _alike(reads)
    if len(groups) > MOST_PHASES:
        further = f"every {reads.period} elements, {reads.advance} further on"
        return f"what element {place} reads repeats {further}; {widest}"
    text = ", ".join(_group(reads, first, count, place) for first, count in groups)
    if len(widths) > 1:
        return f"{text}; {widest}"
    return f"{text}; each reads {max(widths)}" if widths else text


def _alike(reads: Reads) -> list[tuple[int, int]]:
    """The elements of one period in groups that read the same places: first element and count.

    A group may continue from the last element of a period to the first of the next.
    """
    places = range(1, reads.period + 1)
    starts = [place for place in places if reads.at(place) != reads.at(place - 1)] or [1]
    first = [place % reads.period for place in starts]
    if reads.period in starts:
        first = [0, *first[:-1]]
    ends = [*first[1:], first[0] + reads.period]
    return [(start, end - start) for start, end in zip(first, ends, strict=True)]


def _group(reads: Reads, first: int, count: int, place: str) -> str:
    """What some neighbours read, in words."""
    one, other = (_sum(f"{reads.period}*{place}", own) for own in (first, first + count - 1))
    bound = reads.at(first)
    what = _moved(_times(reads.advance, place), *bound) if bound else "nothing"
    if count == 1:
        return f"element {one} reads {what}"
    return f"elements {one} {'and' if count == 2 else 'to'} {other} read {what}"


def _times(jump: int, place: str) -> str:
    return {0: "", 1: place}.get(jump, f"{jump}*{place}")


def _moved(moving: str, low: int, high: int) -> str:
    if not moving:
        return _interval(low, high)
    first, last = _sum(moving, low), _sum(moving, high)
    return first if low == high else f"{first} to {last}"


def _sum(moving: str, offset: int) -> str:
    sign = " - " if offset < 0 else " + "
    return moving + (f"{sign}{abs(offset)}" if offset else "")


def _interval(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
