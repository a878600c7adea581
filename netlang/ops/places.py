"""Elements moved or chosen along axes, and sums of all up to each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, TypeAlias, final

from netlang.ir.arguments import Kind, Mismatch, argument, integer, shape
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import (
    Along,
    AtMost,
    AxisRule,
    Cut,
    Each,
    Everywhere,
    MappedAxes,
    Picked,
    Reach,
    Rolled,
    Same,
    ToOneSide,
)
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.axes import axes, distinct_axes
from netlang.ops.checks import axis_index, inputs_of, shape_text, the_input
from netlang.ops.derive import changed, elements, sum_of
from netlang.ops.layout import Rearrangement
from netlang.ops.spatial import at_least

__all__ = ["Cumsum", "Expand", "Gather", "Roll"]

_IMAGE = (TensorType((3, 4, 5)),)
Wholes: TypeAlias = int | tuple[int, ...]


def _wholes(value: object) -> object:
    if not isinstance(value, tuple):
        return integer.convert(value)
    if not value:
        raise Mismatch("an empty list")
    return tuple(integer.convert(item) for item in value)


_KIND = Kind("a whole number or a list of them", _wholes)


@final
class Roll(Rearrangement):
    """Elements moved along axes, those that leave at the end coming in at the beginning.

    Along each axis of size n, y[i] = x[(i - shift) mod n].

    Shape: [*] -> [*]. Other: 0.

    Source: as in every array language since APL (Iverson 1962); in attention: Liu et al. 2021, Swin
    Transformer, arXiv:2103.14030.
    """

    name: ClassVar[str] = "roll"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.MOVES

    shift: Wholes = argument(_KIND, "how far, one for each axis; negative towards the beginning")
    axes: Wholes = argument(axes, "axes to move along; 0 is the channels")

    def moves(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        """Each axis, counted from 0, with its shift."""
        along = distinct_axes(self, x, self.axes)
        shifts = (self.shift,) if isinstance(self.shift, int) else self.shift
        if len(shifts) != len(along):
            from netlang.diagnostics.language.shapes import ConflictingArguments

            raise Rejection(
                ConflictingArguments, argument="shift", operator=self.name,
                conflict=f"it has {len(shifts)} numbers, `axes` has {len(along)}",
                advice="give one for each of the `axes`",
            )  # fmt: skip
        return tuple(zip(along, shifts, strict=True))

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        self.moves(x)
        return Inferred((x,))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        rules: list[AxisRule] = [Same()] * inputs[0].rank
        for axis, shift in self.moves(inputs[0]):
            rules[axis] = Rolled(shift, inputs[0].shape[axis])
        return Along(tuple(rules))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return ()

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(shift=1, axes=0), (TensorType((7,)),))
        yield Case(cls(shift=(-1, 2), axes=(-2, -1)), _IMAGE)
        yield Case(cls(shift=(-3,), axes=(1,)), _IMAGE)
        yield Case(cls(shift=9, axes=-1), (TensorType((2, 5), batch=None),))


@final
class Gather(Rearrangement):
    """The elements at given places of one axis, in the order given.

    With a single number the axis is gone. Negative numbers count from the end.

    Shape: [C, *] -> [number of places, *] for a list along axis 0, [*] for a number. Other: 0.

    Source: as in every array language since APL (Iverson 1962).
    """

    name: ClassVar[str] = "gather"
    in_half: ClassVar[InHalf] = InHalf.MOVES

    at: Wholes = argument(_KIND, "the place, or a list of places")
    axis: int = argument(integer, "axis to choose along; 0 is the channels", default=0)

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        axis = axis_index(self, x, self.axis)
        kept: tuple[Dim, ...] = () if isinstance(self.at, int) else (len(self.at),)
        constraints = self._within(x.shape[axis], axis)
        return Inferred((x.with_shape(*x.shape[:axis], *kept, *x.shape[axis + 1 :]),), constraints)

    def _places(self) -> tuple[int, ...]:
        return (self.at,) if isinstance(self.at, int) else self.at

    def _within(self, size: Dim, axis: int) -> tuple[Constraint, ...]:
        """The condition that the axis has all of the places."""
        least = max(place + 1 if place >= 0 else -place for place in self._places())
        if isinstance(size, int) and size < least:
            from netlang.diagnostics.language.arithmetic import NoSuchPlace

            wrong = next(at for at in self._places() if not -size <= at < size)
            raise Rejection(
                NoSuchPlace, argument="at", operator=self.name, place=wrong, axis=axis,
                size=size, last=size - 1,
            )  # fmt: skip
        return at_least(size, least, f"`gather` needs {least} places along axis {axis}")

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        x = inputs[0]
        cut = axis_index(self, x, self.axis)
        if isinstance(self.at, int):
            left = tuple(axis for axis in range(x.rank) if axis != cut)
            return AtMost(Each((MappedAxes(left, (Same(),) * len(left)),)))
        steps = {two - one for one, two in zip(self.at, self.at[1:], strict=False)}
        rules: list[AxisRule] = [Same()] * x.rank
        if min(self.at) >= 0 and len(steps) <= 1 and min(steps, default=1) > 0:
            rules[cut] = Cut(self.at[0], min(steps, default=1))
            return Along(tuple(rules))
        rules[cut] = Picked(self.at, x.shape[cut])
        return Along(tuple(rules))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return changed(inputs[0], self.infer(inputs).outputs[0])

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(at=(2, 0, 0, 1)), _IMAGE)
        yield Case(cls(at=(1, 3), axis=-1), _IMAGE)
        yield Case(cls(at=(-1, 0), axis=1), _IMAGE)
        yield Case(cls(at=0), _IMAGE)
        yield Case(cls(at=-2, axis=1), (TensorType((7, 5)),))
        yield Case(cls(at=(1,)), (TensorType((2, 5), batch=None),))


@final
class Expand(Rearrangement):
    """Repeats an axis of size 1, or a whole value along new axes in front.

    Only a value without a batch axis, such as a learned tensor, can have new axes in front.

    Shape: [C, 1, 1] -> `shape`, for example [C, H, W]. Other: 0.

    Source: as in every array language since APL (Iverson 1962).
    """

    name: ClassVar[str] = "expand"
    in_half: ClassVar[InHalf] = InHalf.MOVES

    shape: tuple[Dim, ...] = argument(shape, "the shape wanted, without the batch")

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        new = len(self.shape) - x.rank
        if new < 0 or (new and x.batch is not None):
            raise self._refused(x)
        constraints: tuple[Constraint, ...] = ()
        for size, wanted in zip(x.shape, self.shape[new:], strict=True):
            if size in (1, wanted):
                continue
            if isinstance(size, int) and isinstance(wanted, int):
                raise self._refused(x)
            reason = f"`expand` to {shape_text(self.shape)} repeats axes of size 1 only"
            constraints += (Constraint(size, Relation.EQUAL, wanted, reason),)
        return Inferred((x.with_shape(*self.shape),), constraints)

    def _refused(self, x: TensorType) -> Rejection:
        from netlang.diagnostics.language.arithmetic import CannotExpand

        return Rejection(
            CannotExpand, argument="shape", operator=self.name, received=shape_text(x.shape),
            target=shape_text(self.shape),
        )  # fmt: skip

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        x = inputs[0]
        new = len(self.shape) - x.rank
        sources = (*(None,) * new, *range(x.rank))
        rules: list[AxisRule] = [Everywhere()] * new
        for size, wanted in zip(x.shape, self.shape[new:], strict=True):
            rules.append(Everywhere() if size == 1 and wanted != 1 else Same())
        return MappedAxes(sources, tuple(rules))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return changed(inputs[0], self.infer(inputs).outputs[0])

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(shape=(3, 4, 5)), (TensorType((3, 1, 1)),))
        yield Case(cls(shape=(6, 5)), (TensorType((1, 5)),))
        yield Case(cls(shape=(2, 4, 5)), (TensorType((4, 1), batch=None),))


@final
class Cumsum(Op):
    """Sums of all elements up to each along an axis: y_i = x_0 + ... + x_i.

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: Iverson 1962, A Programming Language (scan).
    """

    name: ClassVar[str] = "cumsum"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.SUMS

    axis: int = argument(integer, "axis to sum along; 0 is the channels")

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        axis_index(self, x, self.axis)
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        along = axis_index(self, inputs[0], self.axis)
        axes = range(inputs[0].rank)
        return Along(tuple(ToOneSide(before=True) if a == along else Same() for a in axes))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return (sum_of("other operations", elements(inputs[0])),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(axis=0), _IMAGE)
        yield Case(cls(axis=-1), (TensorType((7, 5)),))
        yield Case(cls(axis=0), (TensorType((6,), batch=None),))
