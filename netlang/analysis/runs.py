"""Equal steps that a loop wrote in succession, as one set of rows for all of them.

On entry, parents come before their children. A run consists of steps that come from one place in
the file and have equal figures and consecutive numbers: ``{4..8:2}`` stands for 4, 6 and 8, and
``stage{0..2}`` for stage0 to stage2. Steps may differ in the rates of what only training does:
stochastic depth that grows along a net. On exit, the sums of the leaves' figures are unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from netlang.analysis.cost import total
from netlang.analysis.rows import Row
from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.ops.drop_connect import DropConnect
from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.records import replace
from netlang.source import Span

__all__ = ["fold_runs"]

# A row and all rows under it.
_Item: TypeAlias = tuple[Row, ...]
# Pairs of blocks, and whether they are alike.
_Known: TypeAlias = dict[tuple[Function, Function], bool]

# Forms of a step that alternate.
MOST_TURNS = 4

_RATED = (Dropout, StochasticDepth, DropConnect)

_NUMBERED = re.compile(r"(.*?)(0|[1-9][0-9]{0,17})", re.ASCII | re.DOTALL)


def fold_runs(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows, with each run as the rows of its first steps and the figures of all."""
    return _folded(rows, 0, {})


def _folded(rows: Sequence[Row], within: int, known: _Known) -> Iterator[Row]:
    """`within` is the length of the common path prefix, which is that of the row above."""
    starts = [number for number, row in enumerate(rows) if row.depth == rows[0].depth]
    items = [
        (rows[start], *_folded(rows[start + 1 : end], len(rows[start].path) + 1, known))
        for start, end in pairwise((*starts, len(rows)))
    ]
    periods, start = _periods(items), 0
    while start < len(items):
        period, count = _longest(items, start, periods[start], within, known)
        end = start + period * count
        for place in range(start, start + period):
            yield from _merged(items[place:end:period], within)
        start = end


def _longest(
    items: Sequence[_Item], start: int, period: int, within: int, known: _Known
) -> tuple[int, int]:
    """The period of the run that starts somewhere, and how often it occurs; once if there is none.

    What a condition writes in turns, as shifted windows, occurs in a multiple of the period.
    """
    for turns in range(1, MOST_TURNS + 1) if period else ():
        count, every = 1, turns * period
        while all(
            _goes_on(items[place : place + every * count + 1 : every], count, within, known)
            for place in range(start, start + every)
        ):
            count += 1
        if count > 1:
            return every, count
    return 1, 1


def _periods(items: Sequence[_Item]) -> list[int]:
    """For each item, the distance to the next one from the same place in the file, 0 if none."""
    periods: list[int] = []
    seen: dict[Span, int] = {}
    for place in range(len(items) - 1, -1, -1):
        span = items[place][0].span
        periods.append(seen.get(span, place) - place)
        seen[span] = place
    return periods[::-1]


def _goes_on(run: Sequence[_Item], count: int, within: int, known: _Known) -> bool:
    """Whether a step found `count` times occurs once more, equal in all but its number."""
    if len(run) <= count:
        return False
    (name, first), (_, second), (other, last) = (_numbered(run[n], within) for n in (0, 1, -1))
    step, head, start = second - first, run[0][0].path, run[-1][0].path
    return (
        name == other
        and step > 0
        and last == first + step * count
        and len(run[0]) == len(run[-1])
        and all(
            replace(row, path=start + row.path[len(head) :], callee=other.callee) == other
            and _alike(row.callee, other.callee, known)
            and _is_range(row, before, other)
            for row, before, other in zip(run[0], run[-2], run[-1], strict=True)
        )
    )


def _is_range(first: Row, before: Row, last: Row) -> bool:
    """Whether the rates of all steps of a run lie between those of the first and the last one."""
    ends = zip(_rates(first.callee), _rates(last.last or last.callee), strict=True)
    inner = zip(_rates(before.last or before.callee), _rates(last.callee), strict=True)
    return all(
        min(end) <= rate <= max(end) for end, pair in zip(ends, inner, strict=True) for rate in pair
    )


def _rates(callee: Op | Function | None) -> tuple[float, ...]:
    """What may differ between alike steps, and other numbers that a block is given."""
    if isinstance(callee, Function):
        return tuple(each for each in callee.arguments.values() if isinstance(each, (int, float)))
    return (callee.p,) if isinstance(callee, _RATED) else ()


def _alike(one: Op | Function | None, other: Op | Function | None, known: _Known) -> bool:
    """Whether two callees are the same but for rates."""
    if isinstance(one, _RATED) and type(one) is type(other):
        return replace(one, p=other.p) == other
    if one is other or not (isinstance(one, Function) and isinstance(other, Function)):
        return one == other
    if (one, other) not in known:
        known[one, other] = (
            one.span == other.span
            and len(one.nodes) == len(other.nodes)
            and all(
                mine.path == its.path and _alike(mine.callee, its.callee, known)
                for mine, its in zip(one.nodes, other.nodes, strict=True)
            )
            and all(map(_may_differ, one.arguments.values(), other.arguments.values()))
        )
    return known[one, other]


def _may_differ(one: object, other: object) -> bool:
    """Whether arguments of a block are equal, or both fractions."""
    return one == other or (isinstance(one, float) and isinstance(other, float))


def _numbered(item: _Item, within: int) -> tuple[str, int]:
    """The last part of a path as its text and the number after it; -1 without one."""
    part = item[0].path[within:]
    match = _NUMBERED.fullmatch(part)
    return (match[1], int(match[2])) if match else (part, -1)


def _merged(run: Sequence[_Item], within: int) -> Iterator[Row]:
    if len(run) == 1:
        yield from run[0]
        return
    (name, first), (_, second), (_, last) = (_numbered(run[n], within) for n in (0, 1, -1))
    stride = "" if second == first + 1 else f":{second - first}"
    head = run[0][0].path
    path = f"{head[:within]}{name}{{{first}..{last}{stride}}}"
    for row, latest in zip(run[0], run[-1], strict=True):
        yield replace(
            row,
            path=path + row.path[len(head) :],
            totals=total([(len(run), row.totals)]),
            times=row.times * len(run),
            receptive_field=latest.receptive_field,
            last=latest.last or latest.callee,
        )
