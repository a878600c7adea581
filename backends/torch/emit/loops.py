"""Modules of a container as a person would list them: repetitions are comprehensions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netlang.backends.torch.python.tree import (
    Constant,
    Counted,
    Expression,
    Generator,
    ListDisplay,
    Name,
    Star,
    TupleDisplay,
    call,
)

__all__ = ["LOOP", "folded", "keyed", "listed"]

# The variable of loops over numbered modules.
LOOP = "index"
_LONGEST_PERIOD = 8
# A label with a number that may count: at its end, or before what has no digits.
_COUNTED = re.compile(r"([\w-]*?)(0|[1-9][0-9]*)([A-Za-z_-]*)", re.ASCII)


def folded(items: Sequence[Expression]) -> tuple[Expression, ...]:
    """Items with repetitions written as a comprehension."""
    found: list[Expression] = []
    position = 0
    while position < len(items):
        period, times = _repetition(items, position)
        if times > 1:
            found.append(Star(_comprehension(tuple(items[position : position + period]), times)))
        else:
            found.append(items[position])
        position += period * times
    return tuple(found)


def keyed(labels: Sequence[str], items: Sequence[Expression]) -> Iterator[Expression]:
    """Pairs of label and module; equal modules whose labels count on are one comprehension."""
    start = 0
    while start < len(items):
        counted = _COUNTED.fullmatch(labels[start])
        stop = start + 1
        if counted:
            before, first, after = counted[1], int(counted[2]), counted[3]
            while (
                stop < len(items)
                and items[stop] == items[start]
                and labels[stop] == f"{before}{first + stop - start}{after}"
            ):
                stop += 1
        if counted and stop - start > 1:
            key = Counted(before, Name(LOOP), after)
            numbers = call("range", Constant(first), Constant(first + stop - start))
            pair = TupleDisplay((key, items[start]))
            yield Star(Generator(pair, ((LOOP, numbers),)))
        else:
            yield TupleDisplay((Constant(labels[start]), items[start]))
        start = stop


def listed(items: Sequence[Expression]) -> Expression:
    """Items as a list, or as a comprehension if they are all the same."""
    found = folded(items)
    if len(found) == 1 and isinstance(found[0], Star):
        return found[0].value
    return ListDisplay(found)


def _repetition(items: Sequence[Expression], start: int) -> tuple[int, int]:
    """The period and count of the longest repetition that begins at `start`."""
    best = (1, 1)
    for period in range(1, _LONGEST_PERIOD + 1):
        unit = items[start : start + period]
        times = 1
        while items[start + times * period : start + (times + 1) * period] == unit:
            times += 1
        enough = times >= (2 if period == 1 else 3)
        if enough and len(unit) == period and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _comprehension(unit: tuple[Expression, ...], times: int) -> Generator:
    again = ("_", call("range", Constant(times)))
    if len(unit) == 1:
        return Generator(unit[0], (again,))
    return Generator(Name("layer"), (again, ("layer", TupleDisplay(unit))))
