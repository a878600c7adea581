"""Arithmetic as a course would write it: a figure, its formula in numbers, its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.records import Record

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["Line"]


class Line(Record):
    """``what = formula = value``; `note` adds what numbers alone don't say.

    `formula` is made of numbers, ``+ - * /``, parentheses, ``floor()`` and ``ceil()``. A size of
    the (first) output is called by its axis: ``out height``, ``out channels``, ``out features``
    for the last axis, ``out axis 1``. Sums over weights and work are ``params``, ``buffers``,
    ``MACs`` and ``other operations``.
    """

    what: str
    formula: str
    value: int | Fraction
    note: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the formula is just the number itself."""
        return self.formula == str(self.value)

    def __str__(self) -> str:
        text = f"{self.what} = {self.formula}"
        text = text if self.is_plain else f"{text} = {self.value}"
        return f"{text} ({self.note})" if self.note else text
