"""Values that errors carry besides names and numbers; put into words only when shown."""

from __future__ import annotations

from netlang.records import Record

__all__ = ["Carried", "Projection", "Shape"]


class Carried(Record):
    """Base of the values that errors carry; messages show their `str`."""


class Shape(Carried):
    """The sizes of a value: whole numbers, or formulas over the input's sizes."""

    sizes: tuple[object, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The sizes if all are numbers, else nothing."""
        numbers = tuple(size for size in self.sizes if isinstance(size, int))
        return numbers if len(numbers) == len(self.sizes) else ()

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.sizes))}]"


class Projection(Carried):
    """The step that gives branch number `branch`, counted from 1, the shape of another one.

    `channels` is their number and `stride` a number or formula, as the block may write them.
    Without a `kernel`, it maps vectors.
    """

    branch: int
    channels: str
    kernel: str | None = None
    stride: int | str = 1

    @property
    def step(self) -> str:
        """The step as written in the language."""
        if self.kernel is None:
            return f"linear({self.channels})"
        stride = "" if self.stride == 1 else f", stride={self.stride}"
        return f"conv({self.channels}, {self.kernel}{stride})"

    def __str__(self) -> str:
        return f"project branch {self.branch}: `{self.step}`"
