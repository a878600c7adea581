"""Clauses on a size: in words that follow "be", and as formulas.

The words of a clause never contain " and " or ", or ", which join clauses and alternatives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from netlang.records import Record

__all__ = ["Bounds", "Clause", "Except", "Interval", "Listed", "Residue", "joined", "listed"]

# From the first to the last, both included.
Interval: TypeAlias = tuple[int, int]


def listed(items: Sequence[object], word: str) -> str:
    """``a, b and c``."""
    texts = [str(item) for item in items]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {word} {texts[-1]}"


class Residue(Record):
    """The remainder modulo `modulus` lies in one of the ranges, or in none of them."""

    modulus: int
    ranges: tuple[Interval, ...]
    negated: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether an adjective suffices: even, odd, a multiple."""
        return self.ranges == ((0, 0),) or self.modulus == 2

    def words(self, many: int) -> str:
        if self.modulus == 2:
            return "even" if (self.ranges[0][0] == 0) != self.negated else "odd"
        if self.ranges == ((0, 0),):
            article = "no " if self.negated else "" if many > 1 else "a "
            return f"{article}multiple{'s' if many > 1 else ''} of {self.modulus}"
        return f"{self.remainders} mod {self.modulus}"

    @property
    def remainders(self) -> str:
        return f"{'not ' if self.negated else ''}{listed(_ranges_in_words(self.ranges), 'or')}"

    def formulas(self, name: str) -> tuple[str, ...]:
        inside = tuple(_without(self.ranges, self.modulus)) if self.negated else self.ranges
        remainder = f"{name} % {self.modulus}"
        if self.negated and _are_few(self.ranges):
            if len(self.ranges) == 1:
                return (f"{remainder} != {self.ranges[0][0]}",)
            return (f"{remainder} not in {_braced(self.ranges)}",)
        return (_in_ranges(remainder, inside, 0, self.modulus - 1),)


class Bounds(Record):
    """From `low` to `high`, where either may be missing."""

    low: int | None
    high: int | None

    def words(self, many: int) -> str:
        if self.low is not None and self.high is not None:
            return f"from {self.low} to {self.high}"
        return f"at least {self.low}" if self.high is None else f"at most {self.high}"

    def formulas(self, name: str) -> tuple[str, ...]:
        low = () if self.low is None else (f"{name} >= {self.low}",)
        return low if self.high is None else (*low, f"{name} <= {self.high}")


class Listed(Record):
    """In one of the ranges, or from `onwards` on."""

    ranges: tuple[Interval, ...]
    onwards: int | None = None

    def words(self, many: int) -> str:
        more = [] if self.onwards is None else [f"at least {self.onwards}"]
        return listed([*_ranges_in_words(self.ranges), *more], "or")

    def formulas(self, name: str) -> tuple[str, ...]:
        text = _in_ranges(name, self.ranges, None, None)
        return (text if self.onwards is None else f"{text} or {name} >= {self.onwards}",)


class Except(Record):
    """In none of the ranges."""

    ranges: tuple[Interval, ...]

    def words(self, many: int) -> str:
        return f"not {listed(_ranges_in_words(self.ranges), 'or')}"

    def formulas(self, name: str) -> tuple[str, ...]:
        if _are_few(self.ranges):
            return (f"{name} not in {_braced(self.ranges)}",)
        return tuple(f"not ({_in_range(name, one, None, None)})" for one in self.ranges)


Clause: TypeAlias = Residue | Bounds | Listed | Except


def joined(numbers: Iterable[int]) -> tuple[Interval, ...]:
    """Sorted numbers as ranges: 1, 2, 3, 7 is 1 to 3 and 7."""
    found: list[Interval] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def _without(ranges: tuple[Interval, ...], modulus: int) -> Iterable[Interval]:
    """The residues in none of the ranges."""
    at = 0
    for first, last in ranges:
        if at < first:
            yield at, first - 1
        at = last + 1
    if at < modulus:
        yield at, modulus - 1


def _ranges_in_words(ranges: tuple[Interval, ...]) -> list[str]:
    """Each range in words; a range of two as single numbers."""
    texts = []
    for first, last in ranges:
        near = last - first < 2
        texts += [str(n) for n in range(first, last + 1)] if near else [f"{first} to {last}"]
    return texts


def _are_few(ranges: tuple[Interval, ...]) -> bool:
    """Whether their numbers are listed one by one."""
    return sum(last - first + 1 for first, last in ranges) <= 6


def _braced(ranges: tuple[Interval, ...]) -> str:
    numbers = (n for first, last in ranges for n in range(first, last + 1))
    return "{" + ", ".join(map(str, numbers)) + "}"


def _in_ranges(
    value: str, ranges: tuple[Interval, ...], least: int | None, most: int | None
) -> str:
    """A formula for a value that is known to lie between `least` and `most`."""
    if len(ranges) > 1 and _are_few(ranges):
        return f"{value} in {_braced(ranges)}"
    return " or ".join(_in_range(value, one, least, most) for one in ranges)


def _in_range(value: str, one: Interval, least: int | None, most: int | None) -> str:
    first, last = one
    if first == last:
        return f"{value} == {first}"
    if first == least:
        return f"{value} <= {last}"
    return f"{value} >= {first}" if last == most else f"{first} <= {value} <= {last}"
