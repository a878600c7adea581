"""What is wrong with the paths of a function, found without writing repeats out.

From time to time, one number in the paths of a repeat grows. The numbers of one time must lie
within what it grows by: then no two times meet, and a path of something else meets none if it isn't
one of the first time and its number isn't between those of the later ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import TypeAlias

from netlang.ir.program import Function, Item, Repeat
from netlang.ir.repeats import first_times, step_number

__all__ = ["label_faults"]

Parts: TypeAlias = tuple[str, ...]
Numbers: TypeAlias = tuple[int, int]
"""The least and the greatest."""


def label_faults(items: tuple[Item, ...], moved: Collection[str]) -> Iterator[str]:
    """What is wrong; the weights of the modules `moved` may belong to no step."""
    nodes = tuple(first_times(items))
    paths = {node.path for node in nodes}
    if len(paths) != len(nodes):
        yield "two nodes have one path"
    called = {node.path for node in nodes if isinstance(node.callee, Function)}
    for node in nodes:
        parts = node.path.split(".")
        for length in range(1, len(parts)):
            if (start := ".".join(parts[:length])) in called:
                yield f"{start} is a call, and {node.path} is in it"
        if node.reuses and node.module not in paths and node.module not in moved:
            yield f"{node.path} has weights of {node.module}"
        for tie in node.tied:
            if tie.module not in paths and tie.module not in moved:
                yield f"{node.path} has a weight of {tie.module}"
    yield from _repeat_faults(items, paths)


def _repeat_faults(items: tuple[Item, ...], paths: Collection[str]) -> Iterator[str]:
    """What is wrong with the numbers of repeats, beside all `paths` of first times."""
    later: dict[Parts, list[Numbers]] = {}
    for repeat in _repeats(items):
        scopes = {_parts(node.path)[: repeat.depth] for node in first_times(repeat.items)}
        low, high = _numbers(repeat.items, repeat.depth)
        if len(scopes) != 1 or high - low >= repeat.step:
            yield f"the times of the repeat at node {repeat.first} meet"
            return
        times = (low + repeat.step, high + repeat.step * (repeat.count - 1))
        later.setdefault(scopes.pop(), []).append(times)
    for scope, numbers in later.items():
        numbers.sort()
        if any(after[0] <= before[1] for before, after in pairwise(numbers)):
            yield f"two repeats in `{'.'.join(scope)}` have one number"
    for path in paths:
        if _meets(_parts(path), later):
            yield f"{path} has the number of a repeat"


def _parts(path: str) -> Parts:
    return tuple(path.split("."))


def _repeats(items: tuple[Item, ...]) -> Iterator[Repeat]:
    for item in items:
        if isinstance(item, Repeat):
            yield item
            yield from _repeats(item.items)


def _numbers(items: tuple[Item, ...], depth: int) -> Numbers:
    """The numbers at a place of the paths of all times of the repeats among some items."""
    lows, highs = [], []
    for item in items:
        if isinstance(item, Repeat):
            low, high = _numbers(item.items, depth)
            grown = item.step * (item.count - 1) if item.depth == depth else 0
        else:
            low = high = int(_parts(item.path)[depth])
            grown = 0
        lows.append(low)
        highs.append(high + grown)
    return min(lows), max(highs)


def _meets(parts: Parts, later: dict[Parts, list[Numbers]]) -> bool:
    """Whether a path is one of a repeat after its first time, or lies in one."""
    for depth, part in enumerate(parts):
        known = later.get(parts[:depth])
        if known and (number := step_number(part)) is not None:
            place = bisect_right(known, number, key=_least) - 1
            if place >= 0 and number <= known[place][1]:
                return True
    return False


def _least(numbers: Numbers) -> int:
    return numbers[0]
