"""Modules of a container as a person would list them: repetitions are comprehensions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netlang.backends.torch.emit.progressions import LOOP, progression
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

__all__ = ["folded", "keyed", "listed"]

_LONGEST_PERIOD = 8
# Any two numbers are a progression.
_SHORTEST_PROGRESSION = 3
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
    """Pairs of label and module; those whose labels and arguments count on are a comprehension."""
    start = 0
    while start < len(items):
        label = _COUNTED.fullmatch(labels[start])
        found = _counted(items[start : start + _counting(labels, start)], label)
        if label and found:
            made, count = found
            key = Counted(label[1], Name(LOOP), label[3])
            first = int(label[2])
            ends = (first, first + count) if first else (count,)
            numbers = call("range", *map(Constant, ends))
            yield Star(Generator(TupleDisplay((key, made)), ((LOOP, numbers),)))
            start += count
        else:
            yield TupleDisplay((Constant(labels[start]), items[start]))
            start += 1


def _counting(labels: Sequence[str], start: int) -> int:
    """How many labels from `start` on differ in a number alone that grows by 1."""
    label = _COUNTED.fullmatch(labels[start])
    if label is None:
        return 1
    numbers = range(int(label[2]), int(label[2]) + len(labels) - start)
    wanted = [f"{label[1]}{number}{label[3]}" for number in numbers]
    pairs = zip(labels[start:], wanted, strict=True)
    return next((n for n, (one, other) in enumerate(pairs) if one != other), len(wanted))


def _counted(
    items: Sequence[Expression], label: re.Match[str] | None
) -> tuple[Expression, int] | None:
    """One expression for as many of the items as possible, of which there are more than one."""
    if label is None or len(items) < 2:
        return None
    made = progression(items, int(label[2])) if len(items) >= _SHORTEST_PROGRESSION else None
    if made is not None:
        return made, len(items)
    same = next((n for n, item in enumerate(items) if item != items[0]), len(items))
    return (items[0], same) if same > 1 else None


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
