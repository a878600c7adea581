"""One number everywhere."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag, shape
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case
from netlang.ir.weights import Constant, Init
from netlang.ops.constants.table import ELEMENT_TYPE, KEPT_DOC, LARGEST, NUMBER, TYPE_DOC, Table

__all__ = ["Filled", "Full", "Ones", "Zeros"]


class Filled(Table):
    """One number everywhere."""

    shape: tuple[Dim, ...]
    dtype: str

    @property
    @abstractmethod
    def filling(self) -> float:
        """The number."""

    def sizes(self) -> tuple[Dim, ...]:
        return self.shape

    def whole(self) -> bool:
        return self.dtype == "int64"

    def elements(self, shape: tuple[int, ...]) -> Init:
        return Constant(self.filling)

    def check(self) -> None:
        if self.whole() and (self.filling != int(self.filling) or abs(self.filling) > LARGEST):
            raise self.refused(
                "dtype", f"`dtype` is int64, and {self.filling:g} isn't a whole number up to 2^53",
                "leave out `dtype`, or give a whole number",
            )  # fmt: skip


@final
class Full(Filled):
    """A tensor with one number everywhere as a value, without a batch axis.

    Shape: -> shape.
    Parameters: none; with `persistent`, a buffer whose key is the label. Other: 0.

    Source: as in every array language since APL (Iverson 1962).
    """

    name: ClassVar[str] = "full"
    in_half: ClassVar[InHalf] = InHalf.TABLE
    in_its_type: ClassVar[tuple[str, ...]] = ("value",)

    shape: tuple[Dim, ...] = argument(shape, "sizes")
    value: float = argument(NUMBER, "the number")
    dtype: str = argument(ELEMENT_TYPE, TYPE_DOC, default="float")
    persistent: bool = argument(flag, KEPT_DOC, default=False)

    @property
    def filling(self) -> float:
        return self.value

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(shape=(2, 3), value=0.5), ())
        yield Case(cls(shape=(4,), value=-2.0, dtype="int64", persistent=True), ())
        yield Case(cls(shape=(), value=3.0), ())


@final
class Zeros(Filled):
    """A tensor of zeros as a value, without a batch axis.

    Shape: -> shape.
    Parameters: none; with `persistent`, a buffer whose key is the label. Other: 0.

    Source: as in every array language since APL (Iverson 1962).
    """

    name: ClassVar[str] = "zeros"
    in_half: ClassVar[InHalf] = InHalf.TABLE

    shape: tuple[Dim, ...] = argument(shape, "sizes")
    dtype: str = argument(ELEMENT_TYPE, TYPE_DOC, default="float")
    persistent: bool = argument(flag, KEPT_DOC, default=False)

    @property
    def filling(self) -> float:
        return 0.0

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(shape=(2, 3)), ())
        yield Case(cls(shape=(3,), dtype="int64", persistent=True), ())


@final
class Ones(Filled):
    """A tensor of ones as a value, without a batch axis.

    Shape: -> shape.
    Parameters: none; with `persistent`, a buffer whose key is the label. Other: 0.

    Source: as in every array language since APL (Iverson 1962).
    """

    name: ClassVar[str] = "ones"
    in_half: ClassVar[InHalf] = InHalf.TABLE

    shape: tuple[Dim, ...] = argument(shape, "sizes")
    dtype: str = argument(ELEMENT_TYPE, TYPE_DOC, default="float")
    persistent: bool = argument(flag, KEPT_DOC, default=False)

    @property
    def filling(self) -> float:
        return 1.0

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(shape=(2, 1, 3)), ())
        yield Case(cls(shape=(3,), dtype="int64", persistent=True), ())
