"""Splits a value into several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, TypeAlias, final

from netlang.ir.arguments import Kind, Mismatch, argument, count, integer, shape
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Inferred, Rejection
from netlang.ir.reach import Along, Cut, Reach, Same
from netlang.ir.types import TensorType, Types
from netlang.ops.checks import axis_index, fixed, inputs_of
from netlang.ops.derive import out_axis, plain
from netlang.ops.layout import Rearrangement
from netlang.ops.tracing import traced_remainder

__all__ = ["MOST_PARTS", "Split"]

# The outputs are named by number, so there must be a last one.
MOST_PARTS = 256
Parts: TypeAlias = int | tuple[Dim, ...]


def _parts(value: object) -> object:
    if isinstance(value, tuple) and not value:
        raise Mismatch("an empty list")
    return shape.convert(value) if isinstance(value, tuple) else count.convert(value)


_KIND = Kind("a whole number >= 1 or a list of sizes", _parts)


@final
class Split(Rearrangement):
    """Parts of `size` along an axis, the last one possibly smaller, or parts of the listed sizes.

    Its outputs are named by number: `halves: split(32)` gives `halves.0`, `halves.1` and so on, at
    most 256. Listed sizes must add up to the size of the axis.

    Shape: [C, *] -> [size, *], [size, *], ... for axis 0. Other: 0.

    Source: as the split of the channels: Ma et al. 2018, ShuffleNet V2, arXiv:1807.11164.
    """

    name: ClassVar[str] = "split"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    output_names: ClassVar[tuple[str, ...]] = tuple(map(str, range(MOST_PARTS)))

    size: Parts = argument(_KIND, "size of each part, or the sizes of all")
    axis: int = argument(integer, "axis to split; 0 is the channels", default=0)

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        axis = axis_index(self, x, self.axis)
        before, behind = x.shape[:axis], x.shape[axis + 1 :]
        parts = self.parts(x)
        outputs = tuple(x.with_shape(*before, part, *behind) for part in parts)
        return Inferred(outputs, self._parts_fill_axis(parts, x.shape[axis], axis))

    def parts(self, x: TensorType) -> tuple[Dim, ...]:
        """The size of each part."""
        if isinstance(self.size, tuple):
            self._few(len(self.size))
            return self.size
        axis = axis_index(self, x, self.axis)
        whole = fixed(self, x.shape[axis], f"axis {axis}")
        full, rest = divmod(whole, self.size)
        self._few(full + bool(rest))
        left = (traced_remainder(whole, self.size),) if rest else ()
        return (self.size,) * full + left

    def _few(self, parts: int) -> None:
        if parts > MOST_PARTS:
            conflict = f"it makes {parts} parts, and there can be {MOST_PARTS}"
            raise self._refused(conflict, "fewer and larger parts")

    def _parts_fill_axis(
        self, parts: tuple[Dim, ...], size: Dim, axis: int
    ) -> tuple[Constraint, ...]:
        """The condition that all parts together make up the axis."""
        total: Dim = 0
        for part in parts:
            total = total + part
        if total == size:
            return ()
        if isinstance(total, int) and isinstance(size, int):
            conflict = f"the parts sum up to {total}, axis {axis} has {size}"
            raise self._refused(conflict, f"sizes that sum up to {size}")
        reason = f"the parts of `split` are the whole of axis {axis}"
        return (Constraint(size, Relation.EQUAL, total, reason),)

    def _refused(self, conflict: str, advice: str) -> Rejection:
        from netlang.diagnostics.language.shapes import ConflictingArguments

        return Rejection(
            ConflictingArguments, argument="size", operator=self.name, conflict=conflict,
            advice=f"choose {advice}",
        )  # fmt: skip

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        x = inputs[0]
        cut = axis_index(self, x, self.axis)
        start: Dim = 0
        for part in self.parts(x)[:output]:
            start = start + part
        return Along(tuple(Cut(start) if axis == cut else Same() for axis in range(x.rank)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x = inputs[0]
        parts = self.parts(x)
        note = f"the first of {len(parts)} parts"
        return (plain(out_axis(x.rank, axis_index(self, x, self.axis)), parts[0], note),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        image = (TensorType((4, 5, 6)),)
        yield Case(cls(size=2), image)
        yield Case(cls(size=2, axis=1), image)
        yield Case(cls(size=(1, 3)), image)
        yield Case(cls(size=(3, 1, 2), axis=-1), image)
        yield Case(cls(size=7), (TensorType((7,)),))
        yield Case(cls(size=2, axis=1), (TensorType((3, 5), batch=None),))
