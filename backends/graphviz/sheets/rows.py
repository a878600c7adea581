"""Folds the rows of a stack: consecutive repetitions are written once, with a count."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netlang.backends.graphviz.sheets.elements import Bracket, StackRow
from netlang.records import replace

__all__ = ["columns_of", "fold", "stacks_of", "without_repeated_shapes"]

_LONGEST_PERIOD = 6


def fold(rows: Sequence[StackRow]) -> tuple[StackRow | Bracket, ...]:
    """The same steps in as few rows as possible. Shapes are those of the last repetition."""
    folded: list[StackRow | Bracket] = []
    position = 0
    merged = _merged(rows)
    while position < len(merged):
        period, times = _repetition(merged[position:])
        end = position + period * times
        if times > 1:
            folded.append(Bracket(tuple(merged[end - period : end]), times, times))
        else:
            folded.append(merged[position])
        position = end
    return tuple(folded)


def _merged(rows: Sequence[StackRow]) -> list[StackRow]:
    """Merges equal heavy neighbours into one row."""
    merged: list[StackRow] = []
    for row in rows:
        last = merged[-1] if merged else None
        if last and row.heavy and last.alike(row):
            merged[-1] = replace(row, times=last.times + row.times, steps=last.steps + row.steps)
        else:
            merged.append(row)
    return merged


def _repetition(rows: Sequence[StackRow]) -> tuple[int, int]:
    """The shortest period (two rows or more) at the start of `rows`, and its repetitions."""
    if not rows[0].heavy:  # a repeat starts with its convolution, not with the rest of another
        return 1, 1
    for period in range(2, min(_LONGEST_PERIOD, len(rows) // 2) + 1):
        times = 1
        while _same(rows[:period], rows[times * period : (times + 1) * period]):
            times += 1
        if times > 1:
            return period, times
    return 1, 1


def _same(left: Sequence[StackRow], right: Sequence[StackRow]) -> bool:
    return len(left) == len(right) and all(
        one.alike(two) and one.times == two.times for one, two in zip(left, right, strict=True)
    )


def stacks_of(rows: Sequence[StackRow | Bracket]) -> list[tuple[StackRow | Bracket, ...]]:
    """Cuts rows before each one that opens a box; calls of one block stay together."""
    stacks: list[list[StackRow | Bracket]] = []
    for row in rows:
        if stacks and _joins(stacks[-1], row):
            stacks[-1].append(row)
        else:
            stacks.append([row])
    return [tuple(stack) for stack in stacks]


def columns_of(
    rows: Sequence[StackRow | Bracket], most: int
) -> list[tuple[StackRow | Bracket, ...]]:
    """Cuts rows that are too many for one box into similar parts, each starting at a heavy row."""
    parts = -(-len(rows) // most)
    size = -(-len(rows) // parts)
    heavy = [index for index, row in enumerate(rows) if isinstance(row, Bracket) or row.heavy]
    cuts = [0]
    for start in range(size, len(rows), size):
        cuts.append(next((index for index in heavy if start <= index < start + size), start))
    return [tuple(rows[start:end]) for start, end in pairwise([*cuts, len(rows)]) if start < end]


def _joins(stack: Sequence[StackRow | Bracket], row: StackRow | Bracket) -> bool:
    if isinstance(row, Bracket):
        return False
    if not row.heavy:
        return not isinstance(stack[-1], Bracket)
    others = [item for item in stack if isinstance(item, StackRow)]
    if len(others) < len(stack):
        return False
    alike = all(item.block and item.block == row.block for item in others)
    return alike or not any(item.heavy for item in others)


def without_repeated_shapes(
    rows: Sequence[StackRow | Bracket], before: str
) -> tuple[StackRow | Bracket, ...]:
    """Rows that show their shape only where it changes; `before` is the incoming shape."""
    told: list[StackRow | Bracket] = []
    for item in rows:
        inner = []
        for row in item.rows if isinstance(item, Bracket) else (item,):
            inner.append(replace(row, shape="" if row.shape == before else row.shape))
            before = row.shape
        told.append(replace(item, rows=tuple(inner)) if isinstance(item, Bracket) else inner[0])
    return tuple(told)
