"""Folds the rows of a stack: equal neighbours become one row with a count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netlang.backends.graphviz.elements import Bracket, Row

__all__ = ["fold", "without_repeated_shapes"]

_LONGEST_PERIOD = 6


def fold(rows: Sequence[Row]) -> tuple[Row | Bracket, ...]:
    """The same steps in as few rows as possible."""
    folded: list[Row | Bracket] = []
    position = 0
    merged = _merged(rows)
    while position < len(merged):
        period, times = _repetition(merged[position:])
        if times > 1:
            folded.append(Bracket(tuple(merged[position : position + period]), times))
            position += period * times
        else:
            folded.append(merged[position])
            position += 1
    return tuple(folded)


def _merged(rows: Sequence[Row]) -> list[Row]:
    """Equal heavy neighbours as one row."""
    merged: list[Row] = []
    for row in rows:
        last = merged[-1] if merged else None
        if last and row.heavy and replace(last, times=row.times).alike(row):
            merged[-1] = replace(last, times=last.times + row.times)
        else:
            merged.append(row)
    return merged


def _repetition(rows: Sequence[Row]) -> tuple[int, int]:
    """The shortest period of at least two rows that `rows` start with, and how often it comes."""
    for period in range(2, min(_LONGEST_PERIOD, len(rows) // 2) + 1):
        times = 1
        while _same(rows[:period], rows[times * period : (times + 1) * period]):
            times += 1
        if times > 1:
            return period, times
    return 1, 1


def _same(left: Sequence[Row], right: Sequence[Row]) -> bool:
    return len(left) == len(right) and all(
        one.alike(two) for one, two in zip(left, right, strict=True)
    )


def without_repeated_shapes(
    rows: Sequence[Row | Bracket], before: str
) -> tuple[Row | Bracket, ...]:
    """Rows that tell their shape only where it changes; `before` is the shape that comes in."""
    told: list[Row | Bracket] = []
    for row in rows:
        if isinstance(row, Bracket):
            inner = without_repeated_shapes(row.rows, before)
            told.append(Bracket(tuple(r for r in inner if isinstance(r, Row)), row.times))
            before = row.rows[-1].shape
        else:
            told.append(replace(row, shape="" if row.shape == before else row.shape))
            before = row.shape
    return tuple(told)
