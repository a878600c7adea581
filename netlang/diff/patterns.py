"""Many paths as one: ``layer{1..4}.*.conv2``.

``{1..4}`` stands for each of 1 to 4, ``{1,4,8}`` for these, ``*`` for numbers that depend on those
before them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from netlang.diff.steps import Parts

__all__ = ["pattern", "patterns", "skeleton"]

Skeleton: TypeAlias = tuple[str, ...]

_NUMBER = re.compile(r"(?<![{.:\w])\d{1,9}(?!\w)|\d{1,9}(?=\Z)", re.ASCII)
_HOLE = "#"
# Numbers that are listed one by one.
_MOST = 6


def skeleton(parts: Parts) -> Skeleton:
    """A path without its numbers: what it has in common with those beside it."""
    return tuple([part if part.startswith("{") else _NUMBER.sub(_HOLE, part) for part in parts])


def patterns(paths: Iterable[Parts]) -> tuple[str, ...]:
    """A pattern for each skeleton of some paths, in order."""
    groups: dict[Skeleton, list[Parts]] = {}
    for parts in paths:
        groups.setdefault(skeleton(parts), []).append(parts)
    return tuple([pattern(group) for group in groups.values()])


def pattern(paths: Sequence[Parts]) -> str:
    """Paths of one skeleton as one pattern."""
    numbers = [_numbers(parts) for parts in paths]
    columns = [list(dict.fromkeys(column)) for column in zip(*numbers, strict=True)]
    distinct = set(numbers)
    varying = [place for place, column in enumerate(columns) if len(column) > 1]
    texts = []
    for place, column in enumerate(columns):
        if len(column) == 1:
            texts.append(str(column[0]))
        elif place == varying[0] or _is_free(distinct, place, len(column)):
            texts.append(_set(sorted(column)))
        else:
            texts.append("*")
    filled = iter(texts)
    return ".".join(
        part if part.startswith("{") else _NUMBER.sub(lambda _: next(filled), part)
        for part in paths[0]
    )


def _is_free(numbers: Collection[tuple[int, ...]], place: int, count: int) -> bool:
    """Whether all of the `count` numbers at a place occur with all that stands beside them."""
    beside = {(*each[:place], *each[place + 1 :]) for each in numbers}
    return count * len(beside) == len(numbers)


def _numbers(parts: Parts) -> tuple[int, ...]:
    return tuple(
        [
            int(found)
            for part in parts
            if not part.startswith("{")
            for found in _NUMBER.findall(part)
        ]
    )


def _set(numbers: Sequence[int]) -> str:
    step = numbers[1] - numbers[0]
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1, step)):
        return f"{{{numbers[0]}..{numbers[-1]}{'' if step == 1 else f':{step}'}}}"
    if len(numbers) == 2 and step == 1:
        return f"{{{numbers[0]}..{numbers[1]}}}"
    if len(numbers) <= _MOST:
        return f"{{{','.join(map(str, numbers))}}}"
    return f"{{{numbers[0]},{numbers[1]},..,{numbers[-1]}}}"
