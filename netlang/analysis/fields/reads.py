"""Intervals of places as functions of a place, in exact whole-number arithmetic.

`Reads` gives, for place o of one axis, the interval of places of another axis that it reads. It
repeats with a period, shifted: o + period reads what o reads, `advance` further on. Period 1 is the
usual offset and jump; after transposed convolutions and interpolation, places alternate. Every
window, crop, interpolation and pool of regions is such a function as well (`Taps`), so their
composition is one too, and nothing is rounded. The intervals are hulls: there may be gaps between
the ends. `None` stands for a place that reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import gcd, lcm

from netlang.records import Record

__all__ = [
    "IDENTITY", "LONGEST", "Interval", "Reads", "Taps", "TooLong", "hull", "joined", "reduced",
    "summed",
]  # fmt: skip

# Longest period, and most steps of one composition: beyond it a bound is given.
LONGEST = 1 << 10

# From the first to the last place, both included.
Interval = tuple[int, int]


class TooLong(Exception):
    """A period, or the work for one, exceeds `LONGEST`."""


def hull(intervals: Iterable[Interval | None]) -> Interval | None:
    """The smallest interval that contains all of them."""
    found: Interval | None = None
    for interval in intervals:
        if found is None:
            found = interval
        elif interval is not None:
            (low, high), (start, stop) = found, interval
            found = (low if low < start else start, high if high > stop else stop)
    return found


class Taps(Record, gc=False):
    """What an operator reads: place o reads ``advance (o // period) + taps[o % period]``.

    The taps of a place are in ascending order.
    """

    period: int
    advance: int
    taps: tuple[Sequence[int], ...]


class Reads(Record, gc=False):
    """Place o reads the interval ``bounds[o % period]``, shifted by ``advance (o // period)``.

    A `table` has only the places of its single period; places beyond read nothing.
    """

    period: int
    advance: int
    bounds: tuple[Interval | None, ...]
    table: bool = False

    def at(self, place: int) -> Interval | None:
        """The interval that a place reads."""
        turns, phase = divmod(place, self.period)
        if self.table and turns:
            return None
        bound = self.bounds[phase]
        moved = self.advance * turns
        return bound and (bound[0] + moved, bound[1] + moved)

    def through(self, taps: Taps, size: int) -> Reads:
        """What each of `size` places reads through an operator: the hull of what its taps read."""
        if self.period == taps.period == 1 and not self.table and (bound := self.bounds[0]):
            only = taps.taps[0]
            if not only:
                return Reads(1, 0, (None,))
            low, high = bound[0] + self.advance * only[0], bound[1] + self.advance * only[-1]
            return Reads(1, self.advance * taps.advance, ((low, high),))
        if self.is_plain and not self.advance and all(taps.taps):
            return self
        turns = 1 if self.table else self.period // gcd(taps.advance, self.period)
        period = size if self.table else taps.period * turns
        # Not by `len`: a range may be longer than that can tell.
        if period > LONGEST or any(places[LONGEST // period :] for places in taps.taps):
            raise TooLong
        bounds = tuple(self._hulls(taps, period))
        if self.table:
            return Reads(period, 0, bounds, table=True)
        return reduced(period, self.advance * (taps.advance * turns // self.period), bounds)

    def _hulls(self, taps: Taps, count: int) -> Iterator[Interval | None]:
        """What each of the first places reads; every place that they read is looked up once."""
        firsts = [own[0] for own in taps.taps if own]
        lasts = [own[-1] for own in taps.taps if own]
        start = min(firsts, default=0)
        stop = max(lasts, default=0) + taps.advance * ((count - 1) // taps.period)
        known = None
        if stop - start < 2 * LONGEST:
            known = list(map(self.at, range(start, stop + 1)))
        rising = known is not None and _rise(known)
        for place in range(count):
            turn, phase = divmod(place, taps.period)
            own, first = taps.taps[phase], taps.advance * turn
            if rising and len(own) > 1:
                # The first and the last tap read farthest.
                own = (own[0], own[-1])
            if known is None:
                yield hull([self.at(first + tap) for tap in own])
            else:
                yield hull([known[first + tap - start] for tap in own])

    def lifted(self, period: int) -> Reads:
        """The same with a multiple of the period; for a table, its beginning."""
        if period > LONGEST:
            raise TooLong
        bounds = tuple(map(self.at, range(period)))
        return Reads(period, self.advance * (period // self.period), bounds)

    def whole(self, size: int) -> Interval | None:
        """What all places from 0 to size - 1 read together; `advance` is never negative."""
        first = range(min(size, self.period))
        last = range(max(0, size - self.period), size)
        return hull(map(self.at, (*first, *last)))

    def widest(self, size: int) -> int:
        """The width of the widest interval that one of `size` places reads, or 0."""
        found = (b[1] - b[0] + 1 for b in self.bounds[: max(1, size)] if b)
        return max(found, default=0)

    def plus(self, interval: Interval) -> Reads:
        """Shifted and widened by an interval."""
        low, high = interval
        return Reads(
            self.period,
            self.advance,
            tuple(b and (b[0] + low, b[1] + high) for b in self.bounds),
            self.table,
        )

    @property
    def is_plain(self) -> bool:
        """Whether all places read alike, so that offset and jump say everything."""
        return self.period == 1 and self.bounds[0] is not None and not self.table

    def parallel(self, other: Reads) -> bool:
        """Whether both move at the same pace."""
        if self.table or other.table:
            return self.table == other.table and self.period == other.period
        return self.advance * other.period == other.advance * self.period


def _rise(intervals: Sequence[Interval | None]) -> bool:
    """Whether every place reads something, and neither end is ever less than the one before."""
    known = [each for each in intervals if each is not None]
    return len(known) == len(intervals) and all(
        one[0] <= two[0] and one[1] <= two[1] for one, two in pairwise(known)
    )


def reduced(period: int, advance: int, bounds: tuple[Interval | None, ...]) -> Reads:
    """The same function with the shortest period."""
    for shorter in range(1, period // 2 + 1):
        if period % shorter or advance * shorter % period:
            continue
        moved = advance * shorter // period
        if all(_moved(bounds[i], moved) == bounds[i + shorter] for i in range(period - shorter)):
            return Reads(shorter, moved, bounds[:shorter])
    return Reads(period, advance, bounds)


def _moved(bound: Interval | None, by: int) -> Interval | None:
    return bound and (bound[0] + by, bound[1] + by)


def joined(one: Reads, two: Reads) -> Reads:
    """The hull, place by place, of two parallel functions."""
    if one == two:
        return one
    if one.is_plain and two.is_plain:
        (low, high), (start, stop) = one.bounds[0] or (0, 0), two.bounds[0] or (0, 0)
        return Reads(1, one.advance, ((min(low, start), max(high, stop)),))
    table = one.table
    period = lcm(one.period, two.period)
    one, two = one.lifted(period), two.lifted(period)
    bounds = tuple(map(hull, zip(one.bounds, two.bounds, strict=True)))
    return Reads(period, 0, bounds, table) if table else reduced(period, one.advance, bounds)


def summed(one: Reads, two: Reads) -> Reads:
    """The sum of the ends, place by place; nothing where either reads nothing."""
    tables = [each.period for each in (one, two) if each.table]
    period = min(tables) if tables else lcm(one.period, two.period)
    one, two = one.lifted(period), two.lifted(period)
    bounds = tuple(
        (a[0] + b[0], a[1] + b[1]) if a and b else None
        for a, b in zip(one.bounds, two.bounds, strict=True)
    )
    if tables:
        return Reads(period, 0, bounds, table=True)
    return reduced(period, one.advance + two.advance, bounds)


IDENTITY = Reads(1, 1, ((0, 0),))
