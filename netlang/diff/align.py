"""Aligns two sequences: pairs of places, in order on both sides, whose scores add up to the most.

Equal ends are taken off, places that both sides have once divide the rest, and what is left between
them is aligned by dynamic programming (Needleman, Wunsch 1970, without a cost for gaps). Stretches
that are too long for that are cut at proportional places first, so work grows with the length and
not with its square.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import pairwise
from math import isqrt
from typing import TypeAlias

__all__ = ["Pairs", "aligned"]

Pairs: TypeAlias = list[tuple[int, int]]
Score: TypeAlias = Callable[[int, int], float]
"""How well two places fit; 0 or less if they can't be a pair."""

# The most cells of one table, and of all tables of a long sequence.
_CELLS = 60_000
_LONG = 1_000_000


def aligned(
    left: Sequence[Hashable],
    right: Sequence[Hashable],
    score: Score,
    *keys: Sequence[Sequence[Hashable | None]],
) -> Pairs:
    """The pairs of two sequences whose items are equal if the places agree in everything.

    `keys` are further names of the places, left and right, from the most to the least telling; None
    for a place without one. A key that each side has once makes a pair in sequences that are long.
    """
    start, ends = 0, 0
    shorter = min(len(left), len(right))
    while start < shorter and left[start] == right[start]:
        start += 1
    while ends < shorter - start and left[-1 - ends] == right[-1 - ends]:
        ends += 1
    pairs = [(place, place) for place in range(start)]
    levels = [(left, right), *keys]
    inner = ((start, len(left) - ends), (start, len(right) - ends))
    pairs += _between(inner, levels, score)
    pairs += [(len(left) - n, len(right) - n) for n in range(ends, 0, -1)]
    return pairs


_Range: TypeAlias = tuple[tuple[int, int], tuple[int, int]]


def _between(
    range_: _Range, levels: Sequence[Sequence[Sequence[Hashable | None]]], score: Score
) -> Pairs:
    """The pairs within two ranges."""
    (low, high), (begin, end) = range_
    cells = (high - low) * (end - begin)
    if not cells:
        return []
    if cells <= _CELLS:
        return _table(range_, score)
    for left, right in levels:
        anchors = _anchors(left, right, range_)
        if anchors:
            return list(_divided(range_, anchors, levels, score))
    return [pair for part in _cut(range_) for pair in _table(part, score)]


def _divided(
    range_: _Range,
    anchors: Pairs,
    levels: Sequence[Sequence[Sequence[Hashable | None]]],
    score: Score,
) -> Iterator[tuple[int, int]]:
    (low, high), (begin, end) = range_
    for (one, other), (next_one, next_other) in pairwise(
        [(low - 1, begin - 1), *anchors, (high, end)]
    ):
        if one >= low:
            yield one, other
        yield from _between(((one + 1, next_one), (other + 1, next_other)), levels, score)


def _anchors(
    left: Sequence[Hashable | None], right: Sequence[Hashable | None], range_: _Range
) -> Pairs:
    """Places with a key that each side has once, as many as are in the same order on both."""
    ours, theirs = (_once(side, *part) for side, part in zip((left, right), range_, strict=True))
    common = [(place, theirs[key]) for key, place in ours.items() if key in theirs]
    return _rising(common)


def _once(side: Sequence[Hashable | None], low: int, high: int) -> dict[Hashable, int]:
    """The places of keys that occur once in a range, in order."""
    counts: dict[Hashable, int] = {}
    places: dict[Hashable, int] = {}
    for place in range(low, high):
        key = side[place]
        if key is not None:
            counts[key] = counts.get(key, 0) + 1
            places[key] = place
    return {key: place for key, place in places.items() if counts[key] == 1}


def _rising(pairs: Pairs) -> Pairs:
    """The longest part of pairs, given in order of the first, in which the second rises too."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        at = bisect_left(tops, place)
        before.append(ends[at - 1] if at else -1)
        tops[at : at + 1] = [place]
        ends[at : at + 1] = [number]
    found = []
    number = ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _cut(range_: _Range) -> Iterator[_Range]:
    """Two long ranges in parts that are small enough together."""
    (low, high), (begin, end) = range_
    cells = (high - low) * (end - begin)
    parts = max(-(-cells // _LONG), isqrt(cells // _CELLS) + 1)
    for number in range(parts):
        yield (
            (low + (high - low) * number // parts, low + (high - low) * (number + 1) // parts),
            (
                begin + (end - begin) * number // parts,
                begin + (end - begin) * (number + 1) // parts,
            ),
        )


def _table(range_: _Range, score: Score) -> Pairs:
    """The best pairs of two short ranges. Of equally good ones, those as early as possible."""
    (low, high), (begin, end) = range_
    width = end - begin
    rows: list[list[float]] = [[0.0] * (width + 1)]
    scores: list[list[float]] = []
    for place in range(high - 1, low - 1, -1):
        below, row, gained = rows[-1], [0.0] * (width + 1), [0.0] * width
        for column in range(width - 1, -1, -1):
            right, down = row[column + 1], below[column]
            best = right if right >= down else down  # a call of `max` takes longer
            gain = gained[column] = score(place, begin + column)
            if gain > 0 and below[column + 1] + gain > best:
                best = below[column + 1] + gain
            row[column] = best
        rows.append(row)
        scores.append(gained)
    return _traced(range_, rows[::-1], scores[::-1])


def _traced(range_: _Range, rows: list[list[float]], scores: list[list[float]]) -> Pairs:
    (low, high), (begin, end) = range_
    found: Pairs = []
    place = column = 0
    while place < high - low and column < end - begin:
        gain = scores[place][column]
        best = rows[place][column]
        if gain > 0 and rows[place + 1][column + 1] + gain >= best:
            found.append((low + place, begin + column))
            place, column = place + 1, column + 1
        elif rows[place][column + 1] >= best:
            column += 1
        else:
            place += 1
    return found
