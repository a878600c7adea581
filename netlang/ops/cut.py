"""Padding and cropping of borders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, count, integer, number, shape, sizes
from netlang.ir.constraints import Constraint
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim, floor_div
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Inferred, Op, Rejection
from netlang.ir.reach import Along, Cut, Reach, Same
from netlang.ir.types import TensorType, Types
from netlang.ops.checks import axis_index, inputs_of, spatial_input
from netlang.ops.derive import numbers, out_axis, plain
from netlang.ops.layout import Rearrangement
from netlang.ops.spatial import Sizes, at_least, axis_name, pad_available, per_axis, size_given
from netlang.ops.tracing import traced_ceil_div, traced_difference, traced_sum

__all__ = ["Crop", "Pad", "Slice"]

_IMAGE = (TensorType((3, 5, 6)),)


def _still_there(op: Op, size: Dim, what: str, advice: str) -> tuple[Constraint, ...]:
    """The condition that something is left along each axis."""
    if isinstance(size, int) and size < 1:
        from netlang.diagnostics.language.shapes import EmptyOutput

        raise Rejection(EmptyOutput, operator=op.name, axis=what, size=size, advice=advice)
    return at_least(size, 1, f"`{op.name}` must leave some of the {what}")


@final
class Pad(Rearrangement):
    """Elements added around the spatial axes, by default as many before each axis as after it.

    Shape: [C, *size] -> [C, *(size + before + after)]. Other: 0.

    Source: the padding of a convolution (LeCun et al. 1989) as a step of its own.
    """

    name: ClassVar[str] = "pad"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    one_example: ClassVar[bool] = True
    in_its_type: ClassVar[tuple[str, ...]] = ("value",)

    before: Sizes = argument(sizes(minimum=0), "elements added in front")
    after: Sizes | None = argument(
        sizes(minimum=0), "elements added at the end; `before` if not", default=None
    )
    mode: str = argument(
        choice("constant", "reflect", "replicate", "circular"), "what to add", default="constant"
    )
    value: float = argument(number, "the constant to add", default=0.0)

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        pads = self.pads(x.rank - 1)
        spatial = tuple(
            traced_sum((size, before, after))
            for size, (before, after) in zip(x.spatial, pads, strict=True)
        )
        constraints = pad_available(self, self.mode, x.spatial, pads, "before")
        return Inferred((x.with_shape(x.channels, *spatial),), constraints)

    def pads(self, rank: int) -> tuple[tuple[int, int], ...]:
        """The elements added before and after each of `rank` spatial axes."""
        before = per_axis(self.before, rank, "before")
        after = before if self.after is None else per_axis(self.after, rank, "after")
        return tuple(zip(before, after, strict=True))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        pads = self.pads(inputs[0].rank - 1)
        return Along((Same(), *(Cut(-before, every=True) for before, _ in pads)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x = inputs[0]
        sizes = zip(numbers(x.spatial), self.pads(x.rank - 1), strict=True)
        return tuple(
            Line(
                out_axis(x.rank, axis + 1),
                f"{size} + {before} + {after}",
                size + before + after,
            )
            for axis, (size, (before, after)) in enumerate(sizes)
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(before=1), _IMAGE)
        yield Case(cls(before=0, after=(1, 2), value=-1.5), _IMAGE)
        yield Case(cls(before=(2, 1), mode="reflect"), _IMAGE)
        yield Case(cls(before=2, after=0, mode="replicate"), _IMAGE)
        yield Case(cls(before=1, after=2, mode="circular"), _IMAGE)
        yield Case(cls(before=3), (TensorType((2, 7)),))
        yield Case(cls(before=(1, 0, 2)), (TensorType((2, 3, 2, 4)),))
        yield Case(cls(before=1, mode="reflect"), (TensorType((2, 3, 4), batch=None),))


@final
class Crop(Rearrangement):
    """A window of given size out of the spatial axes, by default from the middle.

    Shape: [C, *in] -> [C, *size]. Without `offset` the window starts at floor((in - size) / 2).
    Other: 0.

    Source: Ronneberger et al. 2015, arXiv:1505.04597.
    """

    name: ClassVar[str] = "crop"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    one_example: ClassVar[bool] = True

    size: tuple[Dim, ...] = argument(shape, "size of the window, one for each spatial axis")
    offset: Sizes | None = argument(
        sizes(minimum=0), "where it starts; in the middle if not", default=None
    )

    def offsets(self, spatial: Sequence[Dim]) -> tuple[Dim, ...]:
        """Where the window starts along each axis."""
        if self.offset is not None:
            return per_axis(self.offset, len(spatial), "offset")
        return tuple(
            floor_div(size - wanted, 2) for size, wanted in zip(spatial, self.size, strict=True)
        )

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        given = size_given(self.size, x.rank - 1)
        offsets = per_axis(0 if self.offset is None else self.offset, x.rank - 1, "offset")
        constraints: tuple[Constraint, ...] = ()
        for axis, (size, wanted) in enumerate(zip(x.spatial, given, strict=True)):
            constraints += self._inside(size, wanted + offsets[axis], axis_name(x.rank - 1, axis))
        return Inferred((x.with_shape(x.channels, *self.size),), constraints)

    def _inside(self, size: Dim, end: Dim, axis: str) -> tuple[Constraint, ...]:
        """The window must end where the input does, or before."""
        rest = size - end
        if isinstance(rest, int) and rest < 0:
            from netlang.diagnostics.language.shapes import WindowOutside

            raise Rejection(
                WindowOutside,
                argument="size",
                operator=self.name,
                axis=axis,
                end=str(end),
                size=str(size),
            )
        return at_least(rest, 0, f"the window of `crop` must lie within the {axis}")

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Along((Same(), *map(Cut, self.offsets(inputs[0].spatial))))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x = inputs[0]
        offsets = numbers(self.offsets(x.spatial))
        return tuple(
            plain(out_axis(x.rank, axis + 1), size, f"from place {offset}")
            for axis, (size, offset) in enumerate(zip(self.size, offsets, strict=True))
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(size=(3, 3)), _IMAGE)
        yield Case(cls(size=(2, 6), offset=(3, 0)), _IMAGE)
        yield Case(cls(size=(4,), offset=1), (TensorType((2, 7)),))
        yield Case(cls(size=(2, 3)), (TensorType((2, 3, 4), batch=None),))


@final
class Slice(Rearrangement):
    """The elements from `start` to `stop`, exclusive, along one axis, every `step`-th of them.

    Negative numbers count from the end, and without `stop` it goes to the end.

    Shape: [C, *] -> [ceil((stop - start) / step), *] for axis 0. Other: 0.

    Source: as the split of the channels: Ma et al. 2018, ShuffleNet V2, arXiv:1807.11164.
    """

    name: ClassVar[str] = "slice"
    in_half: ClassVar[InHalf] = InHalf.MOVES

    start: int = argument(integer, "first element; negative from the end")
    stop: int | None = argument(
        integer, "element to stop before; the end if not given", default=None
    )
    axis: int = argument(integer, "axis to slice; 0 is the channels", default=0)
    step: int = argument(count, "distance of the elements taken", default=1)

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        axis = axis_index(self, x, self.axis)
        size = x.shape[axis]
        start, stop = self._place(self.start, size), self._place(self.stop, size)
        what = f"axis {axis}"
        constraints = self._within(start, size, what) + self._within(stop, size, what)
        length = traced_ceil_div(traced_difference(stop, start), self.step)
        constraints += _still_there(self, length, what, "choose a smaller `start` or larger `stop`")
        return Inferred((x.with_shape(*x.shape[:axis], length, *x.shape[axis + 1 :]),), constraints)

    def _place(self, index: int | None, size: Dim) -> Dim:
        if index is None:
            return size
        return traced_sum((size, index)) if index < 0 else index

    def _within(self, place: Dim, size: Dim, what: str) -> tuple[Constraint, ...]:
        for rest in (place, size - place):
            if isinstance(rest, int) and rest < 0:
                from netlang.diagnostics.language.shapes import WindowOutside

                raise Rejection(
                    WindowOutside, operator=self.name, axis=what, end=str(place), size=str(size)
                )
        reason = f"`slice` must start and stop within {what}"
        return at_least(place, 0, reason) + at_least(size - place, 0, reason)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        x = inputs[0]
        cut = axis_index(self, x, self.axis)
        start = self._place(self.start, x.shape[cut])
        return Along(tuple(Cut(start, self.step) if a == cut else Same() for a in range(x.rank)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x = inputs[0]
        axis = axis_index(self, x, self.axis)
        (size,) = numbers((x.shape[axis],))
        start, stop = numbers((self._place(self.start, size), self._place(self.stop, size)))
        text = f"{stop} - {start}" if self.step == 1 else f"ceil(({stop} - {start})/{self.step})"
        return (Line(out_axis(x.rank, axis), text, -(-(stop - start) // self.step)),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(start=0, stop=2), _IMAGE)
        yield Case(cls(start=1), _IMAGE)
        yield Case(cls(start=-2, axis=-1), _IMAGE)
        yield Case(cls(start=1, stop=-1, axis=1, step=2), _IMAGE)
        yield Case(cls(start=2, stop=5), (TensorType((7,)),))
        yield Case(cls(start=1, stop=3, axis=1), (TensorType((4, 5), batch=None),))
