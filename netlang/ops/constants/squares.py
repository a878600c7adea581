"""Square tables: the identity, and how places of a window lie to each other."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag, sizes
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case
from netlang.ir.weights import Diagonal, Init
from netlang.ir.weights import WindowOffsets as Offsets
from netlang.ops.constants.table import ELEMENT_TYPE, KEPT_DOC, SIZE, TYPE_DOC, Table
from netlang.ops.spatial import Sizes, per_axis

__all__ = ["Eye", "WindowOffsets"]


@final
class Eye(Table):
    """The identity matrix as a value: 1 where both places are equal, else 0. It has no batch axis.

    Shape: -> [size, size].
    Parameters: none; with `persistent`, a buffer whose key is the label. Other: 0.

    Source: linear algebra; in a network: Qi et al. 2017, PointNet, arXiv:1612.00593.
    """

    name: ClassVar[str] = "eye"
    in_half: ClassVar[InHalf] = InHalf.TABLE

    size: Dim = argument(SIZE, "number of rows, and of columns")
    persistent: bool = argument(flag, KEPT_DOC, default=False)

    def sizes(self) -> tuple[Dim, ...]:
        return (self.size, self.size)

    def whole(self) -> bool:
        return False

    def check(self) -> None:
        """Any size will do."""

    def elements(self, shape: tuple[int, ...]) -> Init:
        return Diagonal()

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(size=3), ())
        yield Case(cls(size=2, persistent=True), ())


@final
class WindowOffsets(Table):
    """For each pair of places in a window the number of their offset. It has no batch axis.

    A window of h x w places has (2h - 1)(2w - 1) offsets: from place (k, l) to place (i, j) it is
    number (i - k + h - 1)(2w - 1) + j - l + w - 1. So a learned table has a row for each offset,
    and `embedding` with `weight` picks the rows: positions relative to each other.

    Shape: -> [h w, h w], or [h w h w] with `flat`. The elements are int64 unless `dtype` is
    `float`.
    Parameters: none; with `persistent`, a buffer whose key is the label. Other: 0.

    Source: Liu et al. 2021, Swin Transformer, arXiv:2103.14030, section 3.2.
    """

    name: ClassVar[str] = "window_offsets"
    in_half: ClassVar[InHalf] = InHalf.TABLE

    window: Sizes = argument(sizes(maximum=32), "places of the window")
    flat: bool = argument(flag, "whether the pairs stand in one row", default=False)
    dtype: str = argument(ELEMENT_TYPE, TYPE_DOC, default="int64")
    persistent: bool = argument(flag, KEPT_DOC, default=False)

    @property
    def extents(self) -> tuple[int, int]:
        """Height and width."""
        height, width = per_axis(self.window, 2, "window")
        return height, width

    def sizes(self) -> tuple[Dim, ...]:
        places = prod(self.extents)
        return (places * places,) if self.flat else (places, places)

    def whole(self) -> bool:
        return self.dtype == "int64"

    def check(self) -> None:
        """`sizes` asks for a size for each of the two axes."""

    def elements(self, shape: tuple[int, ...]) -> Init:
        return Offsets(*self.extents)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(window=(2, 3)), ())
        yield Case(cls(window=2, flat=True, persistent=True), ())
        yield Case(cls(window=(1, 4), dtype="float"), ())
