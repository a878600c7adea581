"""Spaces: what `netlang search` may choose a value of a recipe from.

A number space knows its values by their position: 0 is its start and 1 its end, on the scale on
which the search draws evenly.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, integer, number
from netlang.recipes.description import Description
from netlang.recipes.kinds import positive

__all__ = [
    "ALL", "CHOICE", "IntLogUniform", "IntUniform", "LogUniform", "NumberSpace", "Uniform",
]  # fmt: skip

CHOICE = "choice"
"""The word for a list of values; it takes any number of them."""

# Digits of a value that is drawn: enough to tell apart what trains differently.
_DIGITS = 4
# More steps than these are too small for a float to tell apart.
_MOST_STEPS = 2.0**53


class NumberSpace(Description):
    """Numbers from `low` to `high`, both included."""

    log: ClassVar[bool] = False
    """Whether equal ratios are equally probable, not equal differences."""

    low: float
    high: float

    @abstractmethod
    def near(self, value: float) -> int | float:
        """The value of the space next to a number between its ends."""

    @property
    def stride(self) -> float | None:
        """The distance of neighbouring values, if there is one."""
        return None

    def at(self, position: float) -> int | float:
        """The value at a position from 0 to 1."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        there = low + (high - low) * position
        return self.near(math.exp(there) if self.log else there)

    def drawn(self, position: float) -> int | float:
        """The value for a number from 0 to below 1 that is evenly drawn."""
        return self.at(position)

    def position(self, value: float) -> float:
        """The position of a value, from 0 to 1."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - low) / (high - low)

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.log else float(value)


class _Floats(NumberSpace):
    """Any numbers; those that are drawn have four digits, so that they can be copied.

    Between ends that are near each other they have four beyond those that are the same in all.
    """

    def near(self, value: float) -> float:
        width = self.high - self.low
        same = math.log10(max(abs(self.low), abs(self.high)) / width) if width else 0.0
        digits = _DIGITS + max(0, math.floor(same))
        return min(max(float(f"{value:.{digits}g}"), self.low), self.high)


class _Whole(NumberSpace):
    """Whole numbers."""

    def near(self, value: float) -> int:
        return int(min(max(round(value), self.low), self.high))

    def drawn(self, position: float) -> int | float:
        # From half a number below to half a number above, so that the ends aren't drawn less.
        low, high = self._scaled(self.low - 0.5), self._scaled(self.high + 0.5)
        there = low + (high - low) * position
        return self.near(math.exp(there) if self.log else there)


@final
class Uniform(_Floats):
    """Every number as probable as any other; with `step`, only `low`, `low + step` and so on."""

    name: ClassVar[str] = "uniform"

    low: float = argument(number, "the least value")
    high: float = argument(number, "the greatest value")
    step: float | None = argument(positive, "distance of the values", default=None)

    @property
    def stride(self) -> float | None:
        if self.step is None or (self.high - self.low) / self.step > _MOST_STEPS:
            return None
        return self.step

    def near(self, value: float) -> float:
        step = self.stride
        if step is None:
            return super().near(value)
        return float(f"{_on_grid(self.low, self.high, step, value):.12g}")

    def drawn(self, position: float) -> int | float:
        return (
            self.at(position) if self.stride is None else self.near(_drawn_on_grid(self, position))
        )


@final
class LogUniform(_Floats):
    """Every factor as probable as any other: from 1e-4 to 1e-3 as often as from 1e-3 to 1e-2."""

    name: ClassVar[str] = "log_uniform"
    log: ClassVar[bool] = True

    low: float = argument(positive, "the least value")
    high: float = argument(positive, "the greatest value")


@final
class IntUniform(_Whole):
    """Every whole number as probable as any other; with `step`, only each so many."""

    name: ClassVar[str] = "int_uniform"

    low: int = argument(integer, "the least value")
    high: int = argument(integer, "the greatest value")
    step: int = argument(count, "distance of the values", default=1)

    @property
    def stride(self) -> float | None:
        return self.step

    def near(self, value: float) -> int:
        return round(_on_grid(self.low, self.high, self.step, value))

    def drawn(self, position: float) -> int | float:
        return self.near(_drawn_on_grid(self, position))


@final
class IntLogUniform(_Whole):
    """Whole numbers, every factor as probable as any other."""

    name: ClassVar[str] = "int_log_uniform"
    log: ClassVar[bool] = True

    low: int = argument(count, "the least value")
    high: int = argument(count, "the greatest value")


def _on_grid(low: float, high: float, step: float, value: float) -> float:
    """The nearest of `low`, `low + step` and so on that isn't above `high`."""
    last = math.floor((high - low) / step + 1e-9)
    return low + step * min(max(round((value - low) / step), 0), last)


def _drawn_on_grid(space: Uniform | IntUniform, position: float) -> float:
    """Each of `low`, `low + step` and so on for an equal share of the positions."""
    step = space.step or 1
    count = math.floor((space.high - space.low) / step + 1e-9) + 1
    return space.low + step * int(position * count)


ALL: tuple[type[NumberSpace], ...] = (Uniform, LogUniform, IntUniform, IntLogUniform)
