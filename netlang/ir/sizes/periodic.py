"""Exact sets of sizes that repeat from some size on.

A set has a period L and, for every residue modulo L, the *runs* of its sizes: from the first to the
last in steps of L. The sizes that a condition on one symbol admits form such a set (`quasi`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from math import lcm
from typing import TypeAlias

from netlang.records import Record

__all__ = ["LONGEST_PERIOD", "Run", "Runs", "SizeSet", "half_line", "of_residues", "positive"]

# Longer periods are left undecided: conditions of real networks have periods below a thousand.
LONGEST_PERIOD = 4096

# Sizes of one residue class from the first to the last in steps of the period; no last: endless.
Run: TypeAlias = tuple[int, int | None]
# The runs of one residue class, apart and in order.
Runs: TypeAlias = tuple[Run, ...]


class SizeSet(Record, dict=True):
    """Sizes >= 1: for every residue modulo `period`, the runs of sizes in the set."""

    period: int
    runs: tuple[Runs, ...]

    def __contains__(self, size: int) -> bool:
        return any(
            start <= size and (end is None or size <= end)
            for start, end in self.runs[size % self.period]
        )

    def _all_runs(self) -> Iterator[Run]:
        for runs in self.runs:
            yield from runs

    @property
    def is_empty(self) -> bool:
        return not any(self.runs)

    @cached_property
    def first(self) -> int:
        """The smallest size; the set must not be empty."""
        return min(start for start, _ in self._all_runs())

    @cached_property
    def last(self) -> int | None:
        """The largest size, None if there is none; the set must not be empty."""
        ends = [end for _, end in self._all_runs()]
        return None if None in ends else max(end for end in ends if end is not None)

    @cached_property
    def settled(self) -> int:
        """From here on, a residue class belongs wholly or not at all; the set must not be empty."""
        starts = (start for start, _ in self._all_runs())
        ends = (end + 1 for _, end in self._all_runs() if end is not None)
        return max(*starts, *ends, 1, 1)

    @cached_property
    def endless(self) -> tuple[int, int]:
        """The smallest modulus that separates the endless residue classes, and these as bits."""
        present = [bool(runs) and runs[-1][1] is None for runs in self.runs]
        for modulus in range(1, self.period + 1):
            if self.period % modulus == 0 and all(
                here == present[index % modulus] for index, here in enumerate(present)
            ):
                return modulus, sum(1 << index for index in range(modulus) if present[index])
        raise AssertionError("the period itself tells them apart")

    @cached_property
    def is_all(self) -> bool:
        """Whether every size belongs."""
        return all(runs == ((index or self.period, None),) for index, runs in enumerate(self.runs))

    def members(self, first: int, last: int) -> list[int]:
        """The sizes of the set from `first` to `last`."""
        return [size for size in range(first, last + 1) if size in self]

    def intersection(self, other: SizeSet) -> SizeSet | None:
        """The sizes in both, or None if the common period is too long to decide."""
        period = lcm(self.period, other.period)
        if period > LONGEST_PERIOD:
            return None
        return SizeSet(period, tuple(_common(self, other, i, period) for i in range(period)))

    def within(self, other: SizeSet) -> bool:
        """Whether every size of this set is known to be in the other."""
        both = self.intersection(other)
        if both is None:
            return False
        ones = (self.runs[index % self.period] for index in range(both.period))
        return all(
            _clipped(runs, index, both.period) == both.runs[index]
            for index, runs in enumerate(ones)
        )


def _at_or_above(size: int, residue: int, period: int) -> int:
    return size + (residue - size) % period


def _at_or_below(size: int, residue: int, period: int) -> int:
    return size - (size - residue) % period


def _clipped(runs: Runs, residue: int, period: int) -> Runs:
    """The sizes in runs of a residue modulo a divisor of `period` that are `residue` modulo it."""
    found = []
    for start, end in runs:
        first = _at_or_above(start, residue, period)
        last = None if end is None else _at_or_below(end, residue, period)
        if last is None or first <= last:
            found.append((first, last))
    return tuple(found)


def _common(one: SizeSet, two: SizeSet, residue: int, period: int) -> Runs:
    found: list[Run] = []
    for left in one.runs[residue % one.period]:
        for right in two.runs[residue % two.period]:
            start = max(left[0], right[0])
            ends = [end for end in (left[1], right[1]) if end is not None]
            found += _clipped(((start, min(ends, default=None)),), residue, period)
    return tuple(found)


def of_residues(period: int, members: set[int]) -> SizeSet:
    """All sizes whose residue, from 1 to `period`, is one of `members`."""
    runs: list[Runs] = [((index or period, None),) for index in range(period)]
    return SizeSet(period, tuple(run if run[0][0] in members else () for run in runs))


def half_line(first: int) -> SizeSet:
    """All sizes from a first one on."""
    return SizeSet(1, (((max(1, first), None),),))


positive = half_line(1)
