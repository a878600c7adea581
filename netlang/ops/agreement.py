"""The shapes of several values that meet: broadcasting and joining.

A size broadcasts only if it is 1 for every input size. Two different numbers are an error; two
different formulas are a condition on the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, ceil_div
from netlang.ir.numbers.provenance import written
from netlang.ir.op import Inferred, Op, Rejection
from netlang.ir.types import DType, TensorType, Types
from netlang.ops.tracing import traced_sum
from netlang.records import replace

if TYPE_CHECKING:
    from netlang.diagnostics.carried import Projection

__all__ = ["broadcast", "joined", "multiplied", "same"]

# The largest stride of a proposed projection; shortcuts have no larger ones.
LARGEST_STRIDE = 8


def broadcast(op: Op, inputs: Types) -> Inferred:
    """The common type of values that are merged element by element."""
    if inputs.count(inputs[0]) == len(inputs):  # as for nearly all
        return Inferred((inputs[0],))
    reference = _fullest(inputs)
    full = inputs[reference]
    constraints: list[Constraint] = []
    shape = list(full.shape)
    for index, x in enumerate(inputs):
        _check_kind(op, inputs, reference, index)
        _check_rank(op, inputs, reference, index)
        if full.batch is not None and x.batch is not None and x.batch != full.batch:
            constraints.append(_equal(op, full.batch, x.batch))
        offset = full.rank - x.rank
        for axis, size in enumerate(x.shape):
            place = offset + axis
            if size == 1 or size == shape[place]:
                continue
            if shape[place] == 1:
                shape[place] = size
            elif isinstance(size, int) and isinstance(shape[place], int):
                raise _differ(op, inputs, (_owner(inputs, place, full.rank), index), place)
            else:
                constraints.append(_equal(op, shape[place], size))
    return Inferred((replace(full, shape=tuple(shape)),), tuple(constraints))


def _fullest(inputs: Types) -> int:
    """The first value with a batch and the most axes, to which the others must fit."""
    return max(range(len(inputs)), key=lambda i: (inputs[i].batch is not None, inputs[i].rank, -i))


def _owner(inputs: Types, place: int, rank: int) -> int:
    """The first branch whose size on axis `place` of the result is not 1."""
    for index, x in enumerate(inputs):
        axis = place - (rank - x.rank)
        if axis >= 0 and x.shape[axis] != 1:
            return index
    raise ValueError(f"no branch has an axis {place}")


def _equal(op: Op, left: Dim, right: Dim) -> Constraint:
    return Constraint(left, Relation.EQUAL, right, f"the branches of `{op.name}` must agree")


def _check_kind(op: Op, inputs: Types, reference: int, index: int) -> None:
    if inputs[index].dtype is not inputs[reference].dtype:
        from netlang.diagnostics.language.shapes import WrongDType

        expected = inputs[reference].dtype
        raise Rejection(
            WrongDType,
            input=index,
            operator=op.name,
            expected=expected.value,
            received=inputs[index].dtype.value,
            advice="give all branches elements of one type",
            declarable=expected.value if expected is DType.INT64 else None,
        )


def _check_rank(op: Op, inputs: Types, reference: int, index: int) -> None:
    """Only a learned tensor may have fewer axes, since it broadcasts over the leading ones."""
    full, x = inputs[reference], inputs[index]
    if x.rank != full.rank and (x.batch is not None or x.rank > full.rank):
        first, second = sorted((reference, index))
        raise _differ(op, inputs, (first, second), None)


def _differ(
    op: Op, inputs: Types, pair: tuple[int, int], axis: int | None, advice: str | None = None
) -> Rejection:
    from netlang.diagnostics.carried import Shape
    from netlang.diagnostics.language.branches import BranchesDiffer

    first, second = pair
    return Rejection(
        BranchesDiffer,
        input=second,
        operator=op.name,
        axis=axis,
        first=first + 1,
        second=second + 1,
        expected=Shape(inputs[first].shape),
        received=Shape(inputs[second].shape),
        advice=advice or _advice(inputs, first, second, axis),
    )


def _advice(inputs: Types, first: int, second: int, axis: int | None) -> str | Projection:
    """A projection if one fits, which also makes the places agree."""
    if axis is None:
        return "bring the branches to the same axes with `reshape` or `flatten`"
    if inputs[first].batch is None or inputs[second].batch is None:
        return "give the learned tensor the sizes of the other branch, or 1 to broadcast"
    for target, other in ((first, second), (second, first)):
        if projection := _projection(other + 1, inputs[other], inputs[target]):
            return projection
    return "use strides, kernels and `pad` that give both branches the same size"


def _projection(branch: int, x: TensorType, target: TensorType) -> Projection | None:
    """The step that turns `x` into the shape of `target`, if mapping the channels suffices."""
    from netlang.diagnostics.carried import Projection

    if not isinstance(target.channels, int) or not isinstance(x.channels, int):
        return None
    if target.rank == 1:
        return Projection(branch, written(target.channels))
    for stride in range(1, LARGEST_STRIDE + 1):
        if all(ceil_div(a, stride) == b for a, b in zip(x.spatial, target.spatial, strict=True)):
            kernel = "x".join("1" for _ in x.spatial)
            return Projection(branch, written(target.channels), kernel, stride)
    return None


def joined(op: Op, inputs: Types, axis: int) -> Inferred:
    """The type of values joined along `axis`; learned ones are repeated for each example."""
    first = inputs[0]
    constraints: list[Constraint] = []
    for index, x in enumerate(inputs):
        _check_kind(op, inputs, 0, index)
        if x.rank != first.rank:
            raise _differ(op, inputs, (0, index), None)
        for place, (size, wanted) in enumerate(zip(x.shape, first.shape, strict=True)):
            if place == axis or size == wanted:
                continue
            if isinstance(size, int) and isinstance(wanted, int):
                raise _unjoinable(op, inputs, index, axis, place)
            constraints.append(_equal(op, wanted, size))
    total = traced_sum(x.shape[axis] for x in inputs)
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    batch = next((x.batch for x in inputs if x.batch is not None), None)
    return Inferred((replace(first, shape=shape, batch=batch),), tuple(constraints))


def _unjoinable(op: Op, inputs: Types, index: int, joined_axis: int, axis: int) -> Rejection:
    from netlang.diagnostics.carried import Shape
    from netlang.diagnostics.language.branches import ConcatMismatch

    advice = "use strides, kernels and `pad` that give all branches the same size"
    if (joined_axis, axis) == (1, 0) and inputs[0].rank > 2:
        advice = "join the channels, which are axis 0: the batch isn't an axis here"
    return Rejection(
        ConcatMismatch,
        input=index,
        operator=op.name,
        joined=joined_axis,
        axis=axis,
        first=1,
        second=index + 1,
        expected=Shape(inputs[0].shape),
        received=Shape(inputs[index].shape),
        advice=advice,
    )


def multiplied(op: Op, inputs: Types) -> Inferred:
    """The type of a matrix product: leading axes broadcast, inner ones must agree."""
    left, right = inputs
    inner, met = left.shape[-1], right.shape[-2]
    if inner != met and isinstance(inner, int) and isinstance(met, int):
        advice = "the last axis of branch 1 must be the last but one of branch 2: use `transpose`"
        raise _differ(op, inputs, (0, 1), None, advice)
    constraints = () if inner == met else (_equal(op, inner, met),)
    # A column each for rows and columns; the remaining leading axes must agree.
    fronts = tuple(replace(x, shape=(*x.shape[:-2], 1, 1)) for x in inputs)
    front = broadcast(op, fronts)
    y = front.outputs[0]
    shape = (*y.shape[:-2], left.shape[-2], right.shape[-1])
    return Inferred((replace(y, shape=shape),), (*constraints, *front.constraints))


def same(op: Op, inputs: Types, pair: tuple[int, int], axis: int) -> tuple[Constraint, ...]:
    """The condition that two values are equally long along an axis."""
    first, second = pair
    left, right = inputs[first].shape[axis], inputs[second].shape[axis]
    if left == right:
        return ()
    if isinstance(left, int) and isinstance(right, int):
        raise _differ(op, inputs, pair, axis, f"give both as many elements along axis {axis}")
    return (_equal(op, left, right),)
