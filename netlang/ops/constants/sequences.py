"""Numbers at equal distances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag, integer
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case
from netlang.ir.weights import Evenly, Init
from netlang.ops.constants.table import ELEMENT_TYPE, KEPT_DOC, NUMBER, SIZE, TYPE_DOC, Table

__all__ = ["Arange", "Linspace"]


@final
class Arange(Table):
    """Numbers at equal steps as a value: y[i] = start + i step. It has no batch axis.

    Shape: -> [size]. The elements are int64 unless `dtype` is `float`.
    Parameters: none; with `persistent`, a buffer whose key is the label. Other: 0.

    Source: as positions: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762.
    """

    name: ClassVar[str] = "arange"
    in_half: ClassVar[InHalf] = InHalf.TABLE

    size: Dim = argument(SIZE, "number of elements")
    start: int = argument(integer, "the first element", default=0)
    step: int = argument(integer, "the distance between elements", default=1)
    dtype: str = argument(ELEMENT_TYPE, TYPE_DOC, default="int64")
    persistent: bool = argument(flag, KEPT_DOC, default=False)

    def sizes(self) -> tuple[Dim, ...]:
        return (self.size,)

    def whole(self) -> bool:
        return self.dtype == "int64"

    def check(self) -> None:
        if not self.step:
            raise self.refused("step", "`step` is 0", "`full([n], value)` repeats one number")
        for name in ("start", "step"):
            if abs(getattr(self, name)) > 2**31:
                raise self.refused(name, f"`{name}` is beyond 2^31", "give a smaller number")

    def elements(self, shape: tuple[int, ...]) -> Init:
        return Evenly(self.start, self.start + self.step * (shape[0] - 1))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(size=5), ())
        yield Case(cls(size=4, start=2, step=3, dtype="float"), ())
        yield Case(cls(size=3, start=2, step=-1, persistent=True), ())


@final
class Linspace(Table):
    """Numbers at equal distances from `start` to `stop`, both included, without a batch axis.

    Shape: -> [size].
    Parameters: none; with `persistent`, a buffer whose key is the label. Other: 0.

    Source: as coordinates of a grid: Jaderberg et al. 2015, Spatial Transformer Networks,
    arXiv:1506.02025.
    """

    name: ClassVar[str] = "linspace"
    in_half: ClassVar[InHalf] = InHalf.TABLE
    in_its_type: ClassVar[tuple[str, ...]] = ("start", "stop")

    start: float = argument(NUMBER, "the first element")
    stop: float = argument(NUMBER, "the last element")
    size: Dim = argument(SIZE, "number of elements")
    persistent: bool = argument(flag, KEPT_DOC, default=False)

    def sizes(self) -> tuple[Dim, ...]:
        return (self.size,)

    def whole(self) -> bool:
        return False

    def check(self) -> None:
        """Any two numbers will do."""

    def elements(self, shape: tuple[int, ...]) -> Init:
        return Evenly(self.start, self.stop)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(start=-1.0, stop=1.0, size=5), ())
        yield Case(cls(start=0.25, stop=0.0, size=1, persistent=True), ())
