"""Numbers that are listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, TypeAlias, final

from netlang.ir.arguments import Kind, argument, flag, literal_tensor
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case
from netlang.ir.weights import Init, Literal
from netlang.ops.constants.table import ELEMENT_TYPE, KEPT_DOC, LARGEST, NUMBER, TYPE_DOC, Table
from netlang.ops.linear import extent_of, flattened

__all__ = ["MOST_LISTED", "Listed"]

# More numbers than a reader would check one by one; a larger table follows a rule.
MOST_LISTED = 4096

Numbers: TypeAlias = float | tuple[object, ...]


def _numbers(value: object) -> object:
    if not isinstance(value, tuple):
        return NUMBER.convert(value)
    literal_tensor.convert(value)  # refuses rows of different length
    return _leaves(value)


def _leaves(value: object) -> object:
    """The same list; whole numbers keep their origin."""
    return tuple(map(_leaves, value)) if isinstance(value, tuple) else NUMBER.convert(value)


_NUMBERS = Kind("a number or a nested list of numbers", _numbers)


@final
class Listed(Table):
    """A tensor of given numbers as a value. It has no batch axis and broadcasts over the batch.

    At most 4,096 numbers are listed; `arange`, `linspace`, `full`, `zeros`, `ones` and `eye` make
    larger tables, and operators compute with them.

    Shape: -> the shape of the list.
    Parameters: none; with `persistent`, a buffer whose key is the label. Other: 0.

    Source: as a fixed filter: Zhang 2019, Making Convolutional Networks Shift-Invariant Again,
    arXiv:1904.11486.
    """

    name: ClassVar[str] = "constant"
    in_half: ClassVar[InHalf] = InHalf.TABLE
    in_its_type: ClassVar[tuple[str, ...]] = ("values",)

    values: Numbers = argument(_NUMBERS, "the elements")
    dtype: str = argument(ELEMENT_TYPE, TYPE_DOC, default="float")
    persistent: bool = argument(flag, KEPT_DOC, default=False)

    def sizes(self) -> tuple[Dim, ...]:
        return extent_of(self.values)

    def whole(self) -> bool:
        return self.dtype == "int64"

    def check(self) -> None:
        found = tuple(flattened(self.values))
        if len(found) > MOST_LISTED:
            raise self.refused(
                "values", f"{len(found):,} numbers are listed, and at most {MOST_LISTED:,} can be",
                "compute the table from `arange`, `linspace`, `full`, `zeros` or `ones`",
            )  # fmt: skip
        broken = next((x for x in found if x != int(x) or abs(x) > LARGEST), None)
        if self.whole() and broken is not None:
            raise self.refused(
                "dtype", f"`dtype` is int64, and {broken:g} isn't a whole number up to 2^53",
                "leave out `dtype`, or give whole numbers",
            )  # fmt: skip

    def elements(self, shape: tuple[int, ...]) -> Init:
        return Literal(tuple(flattened(self.values)))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(values=((1.0, 2.0, 1.0), (2.0, 4.0, 2.0))), ())
        yield Case(cls(values=(0.5, -1.0), persistent=True), ())
        yield Case(cls(values=0.5), ())
        yield Case(cls(values=((0.0, 3.0),), dtype="int64", persistent=True), ())
