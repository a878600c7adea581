"""Lists of whole numbers that rise by a rule, written as the rule.

Places that are taken of an axis are such: windows that overlap are `[3 * row + place for row in
range(10) for place in range(5)]`, places in reverse `range(31, -1, -1)`, and a part that is moved
to the end `[*range(4, 32), *range(4)]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import final

from netlang.records import Record

__all__ = ["progression"]

# Of the innermost loop first. A name is assigned once, and loops of steps count by i, j and k.
_NAMES = ("place", "row", "part")
_MOST_PARTS = 4
# Numbers of a part that are as well listed.
_FEW = 4


@final
class _Level(Record):
    """A loop over so many numbers, each of which adds `step`."""

    count: int
    step: int


def progression(numbers: Sequence[int]) -> str | None:
    """An expression of the language that gives a list of two or more numbers; None without one."""
    levels = _levels(numbers)
    if levels is not None and len(levels) <= len(_NAMES):
        return _loops(numbers[0], levels)
    parts = list(islice(_parts(numbers), _MOST_PARTS + 1))
    return f"[{', '.join(map(_part, parts))}]" if len(parts) <= _MOST_PARTS else None


def _levels(numbers: Sequence[int]) -> list[_Level] | None:
    """The loops that give some numbers, the outermost first; None if none do."""
    if len(numbers) == 1:
        return []
    count, step = _evenly(numbers), numbers[1] - numbers[0]
    firsts = numbers[::count]
    again = [first + step * place for first in firsts for place in range(count)]
    outer = _levels(firsts) if again == [*numbers] else None
    return None if outer is None else [*outer, _Level(count, step)]


def _evenly(numbers: Sequence[int]) -> int:
    """How many numbers from the first one on differ by the same step."""
    for place in range(2, len(numbers)):
        if numbers[place] - numbers[place - 1] != numbers[1] - numbers[0]:
            return place
    return len(numbers)


def _loops(start: int, levels: Sequence[_Level]) -> str:
    if len(levels) == 1 and levels[0].step:
        return _range(start, levels[0])
    terms, loops = [], list[str]()
    for name, level in zip(_NAMES, reversed(levels), strict=False):
        # A loop that counts by ones may begin anywhere.
        first, start = (start, 0) if level.step == 1 else (0, start)
        shown = name if level.step else f"_{name}"
        loops.append(f"for {shown} in {_range(first, _Level(level.count, 1))}")
        if level.step:
            size = abs(level.step)
            terms.append(
                ("-" if level.step < 0 else "+", name if size == 1 else f"{size} * {name}")
            )
    if start or not terms:
        terms.append(("-" if start < 0 else "+", str(abs(start))))
    (sign, first_term), *rest = reversed(terms)
    whole = "".join([sign.strip("+"), first_term, *(f" {each} {term}" for each, term in rest)])
    return f"[{whole} {' '.join(reversed(loops))}]"


def _range(start: int, level: _Level) -> str:
    stop = start + level.step * level.count
    if level.step != 1:
        return f"range({start}, {stop}, {level.step})"
    return f"range({start}, {stop})" if start else f"range({stop})"


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Runs of numbers that differ by the same step, which make up the list."""
    while numbers:
        count = _evenly(numbers) if len(numbers) > 1 else 1
        yield numbers[:count]
        numbers = numbers[count:]


def _part(numbers: Sequence[int]) -> str:
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 0
    if len(numbers) < _FEW or not step:
        return ", ".join(map(str, numbers))
    return f"*{_range(numbers[0], _Level(len(numbers), step))}"
