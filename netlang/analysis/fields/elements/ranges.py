"""Which places of each value matter, computed from the outputs backwards.

Ignoring borders, windows reach beyond them: an axis then continues in both directions, as far as an
output's element leads. Within the borders, only existing places count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.analysis.fields.elements.shapes import groups
from netlang.analysis.fields.elements.steps import WrittenNet
from netlang.analysis.fields.reads import Taps, TooLong
from netlang.analysis.fields.rules.places import STAYING
from netlang.analysis.fields.rules.taps import Number, taps_of
from netlang.ir.reach import (
    AxisRule,
    Everywhere,
    Joined,
    MappedAxes,
    Rearranged,
)

__all__ = ["Ranges", "needed"]

# Of one axis.
MOST_PLACES = 1 << 13

# For each axis of a value, the places that are described.
Ranges = tuple[range, ...]


def needed(written: WrittenNet, number: Number, *, borders: bool) -> dict[int, Ranges]:
    """The places that matter of each value that matters. Raises `TooLong` for too many."""
    found: dict[int, Ranges] = {}

    def add(value: int, ranges: Ranges) -> None:
        whole = tuple(map(range, written.shapes[value]))
        if not borders and value in found:
            whole = found[value]
        both = whole if borders else tuple(map(_union, whole, ranges))
        if any(at.stop - at.start > MOST_PLACES for at in both):
            raise TooLong
        found[value] = both

    for value in written.outputs:
        add(value, tuple(map(range, written.shapes[value])))
    for made in sorted(written.steps, reverse=True):
        if made not in found:
            continue
        step = written.steps[made]
        shapes = [written.shapes[value] for value in step.inputs]
        for value, ranges in zip(
            step.inputs, _read(step.reach, found[made], shapes, written.shapes[made], number),
            strict=True,
        ):  # fmt: skip
            add(value, ranges)
    return found


def _union(one: range, two: range) -> range:
    return range(min(one.start, two.start), max(one.stop, two.stop))


def _read(
    reach: tuple[MappedAxes, ...] | Joined | Rearranged,
    wanted: Ranges,
    shapes: Sequence[Sequence[int]],
    made: Sequence[int],
    number: Number,
) -> Iterator[Ranges]:
    """What is read of each input."""
    if isinstance(reach, Rearranged):
        split = list(map(number, reach.split))
        turned = [split[axis] for axis in reach.order]
        middle = _through_reshape(turned, made, wanted)
        back = [middle[reach.order.index(axis)] for axis in range(len(split))]
        yield tuple(_through_reshape(shapes[0], split, back))
    elif isinstance(reach, Joined):
        yield from _parts(wanted, reach.axis, [shape[reach.axis] for shape in shapes])
    else:
        for shape, each in zip(shapes, reach, strict=True):
            yield _by_places(each, wanted, shape, number)


def _through_reshape(
    before: Sequence[int], after: Sequence[int], wanted: Sequence[range]
) -> list[range]:
    found = list(map(range, before))
    for old, new in groups(before, after):
        if len(old) == len(new) == 1:
            found[old[0]] = wanted[new[0]]
    return found


def _parts(wanted: Ranges, axis: int, sizes: Sequence[int]) -> Iterator[Ranges]:
    """Places before the first belong to the first of the joined values, later ones to the last."""
    start = 0
    for place, size in enumerate(sizes):
        low = wanted[axis].start if place == 0 else max(start, wanted[axis].start)
        high = wanted[axis].stop if place == len(sizes) - 1 else start + size
        own = range(min(0, low - start), max(size, min(high, wanted[axis].stop) - start))
        yield (*wanted[:axis], own, *wanted[axis + 1 :])
        start += size


def _by_places(reach: MappedAxes, wanted: Ranges, shape: Sequence[int], number: Number) -> Ranges:
    found = list(map(range, shape))
    for axis, rule, at in zip(reach.sources, reach.rules, wanted, strict=True):
        if axis is not None and not isinstance(rule, Everywhere):
            found[axis] = _union(found[axis], _along(rule, at, number))
    return tuple(found)


def _along(rule: AxisRule, wanted: range, number: Number) -> range:
    if type(rule) in STAYING:
        return wanted
    try:
        taps = taps_of(rule, number)
    except TooLong:
        # If that axis does matter, it is found out where the rule is followed.
        return range(0)
    ends = (*wanted[: taps.period], *wanted[-taps.period :])
    read = [place for o in ends for place in _ends(taps, o)]
    return range(min(read), max(read) + 1) if read else range(0)


def _ends(taps: Taps, place: int) -> list[int]:
    turn, phase = divmod(place, taps.period)
    own = taps.taps[phase]
    return [own[0] + taps.advance * turn, own[-1] + taps.advance * turn] if own else []
