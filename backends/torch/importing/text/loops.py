"""Lines that are alike become `repeat` or `for`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count

from netlang.backends.torch.importing.text.pieces import Count, Piece, Statement, rendered

__all__ = ["is_loop", "shortened"]

_NUMBER = re.compile(r"\d+")
_LINE = 60


def shortened(statements: Sequence[Statement]) -> list[Statement]:
    """Statements with runs of equal lines as loops."""
    done: list[Statement] = []
    place = 0
    while place < len(statements):
        first = statements[place]
        run = 1
        while place + run < len(statements) and _is_next(first, statements[place + run], run):
            run += 1
        if run > 1 and first[0] == "":
            done.append(_loop(first, statements[place + 1], run))
        else:
            done += statements[place : place + run]
        place += run
    return done


def is_loop(statement: Statement) -> bool:
    """Whether a statement is a run of others."""
    words = statement[1] if len(statement) > 1 else ""
    return isinstance(words, str) and words.startswith(("for ", "repeat "))


def _loop(first: Statement, second: Statement, run: int) -> Statement:
    if first == second:
        return ["", "repeat ", Count(run), " { ", *first, " }"]
    start = _counted(first, second)
    assert start is not None
    name = next(each for each in _names() if not any(f"for {each} in" in str(x) for x in first))
    line = [_numbered(a, b, name) for a, b in zip(first, second, strict=True)]
    counted: list[Piece] = ["", f"for {name} in range(", Count(run), ") {\n"]
    if start:
        counted = ["", f"for {name} in range({start}, ", Count(start + run), ") {\n"]
    text = rendered([line], lambda _: None)
    if "\n" not in text and len(text) < _LINE:
        counted[-1] = ") { "
        return [*counted, *line, " }"]
    return [*counted, *line, "\n}"]


def _is_next(first: Statement, other: Statement, distance: int) -> bool:
    """Whether a statement is the one that is `distance` repetitions after the first."""
    if len(first) != len(other) or first[0] != "" or other[0] != "":
        return False
    if first == other:
        return not _is_labelled(first)
    start = _counted(first, other)
    return start is not None and _counted(first, other, distance) is not None


def _is_labelled(statement: Statement) -> bool:
    return any(isinstance(each, str) and each.endswith(": ") for each in statement)


def _counted(first: Statement, other: Statement, distance: int = 0) -> int | None:
    """The number in the labels of the first, if the other's is larger and all else is equal."""
    starts = set()
    for a, b in zip(first, other, strict=True):
        if a == b:
            if isinstance(a, str) and a.endswith(": ") and "{ " not in a:
                # An inner label that stays the same is fine under one that changes.
                continue
            continue
        if not isinstance(a, str) or not isinstance(b, str) or not a.endswith(": "):
            return None
        before, after = _NUMBER.findall(a), _NUMBER.findall(b)
        if _NUMBER.sub("#", a) != _NUMBER.sub("#", b) or '"' in a:
            return None
        changed = [(int(x), int(y)) for x, y in zip(before, after, strict=True) if x != y]
        if len(changed) != 1 or (distance and changed[0][1] - changed[0][0] != distance):
            return None
        starts.add(changed[0][0])
    return starts.pop() if len(starts) == 1 else None


def _names() -> Iterator[str]:
    """Names of the number that a loop counts: those of the loops inside are others."""
    yield from "ijk"
    yield from (f"i{number}" for number in count(2))


def _numbered(a: Piece, b: Piece, name: str) -> Piece:
    if a == b or not isinstance(a, str) or not isinstance(b, str):
        return a
    found = list(zip(_NUMBER.finditer(a), _NUMBER.finditer(b), strict=True))
    place = next(x for x, y in found if x.group() != y.group())
    return f"{a[: place.start()]}{{{name}}}{a[place.end() :]}"
