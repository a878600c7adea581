"""Checks of an operator's inputs, and the rejections if they fail.

Each check returns the checked value. The error classes are imported when one is raised, so that
correct programs don't load them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim
from netlang.ir.op import Op, Rejection
from netlang.ir.types import DType, TensorType, Types

__all__ = [
    "ADVICE_FLOAT",
    "axis_index",
    "batched",
    "divisible",
    "fixed",
    "floating",
    "inputs_of",
    "integral",
    "ranked",
    "shape_text",
    "spatial_input",
    "the_input",
]

Shape: TypeAlias = tuple[Dim, ...]

ADVICE_FLOAT = (
    "numbers that stand for classes or words go through `embedding` first; those of `arange` are "
    "floats with `dtype=float`"
)
_ADVICE = {
    DType.BOOL: "truth values are for `where`, which chooses by them",
    DType.UINT8: "`to_float` makes floats of the bytes of an image",
}


def shape_text(shape: Iterable[Dim | str]) -> str:
    """A shape as messages show it: ``[3, H, W]``; a size may be a word."""
    return f"[{', '.join(map(str, shape))}]"


def inputs_of(op: Op, inputs: Types) -> Types:
    """The inputs, as many as the operator takes, without weights that are given."""
    if len(inputs) == op.arity.minimum and not op.given:  # as for nearly all
        return inputs
    if not op.takes(len(inputs)):
        raise InternalError(f"`{op.name}` takes {op.arity} and was given {len(inputs)}")
    return inputs[: len(inputs) - len(op.given)]


def the_input(op: Op, inputs: Types) -> TensorType:
    """The one input of an operator that takes one, with floating point elements."""
    return floating(op, inputs_of(op, inputs)[0])


def floating(op: Op, x: TensorType, index: int = 0, advice: str = ADVICE_FLOAT) -> TensorType:
    """`x`, which must have floating point elements."""
    if not x.dtype.is_float:
        from netlang.diagnostics.language.shapes import WrongDType

        raise Rejection(
            WrongDType,
            input=index,
            operator=op.name,
            expected="floating point",
            received=x.dtype.value,
            advice=_ADVICE.get(x.dtype, advice),
        )
    return x


def integral(op: Op, x: TensorType, index: int = 0) -> TensorType:
    """`x`, which must have whole numbers as elements."""
    if x.dtype not in (DType.INT64, DType.INT32):
        from netlang.diagnostics.language.shapes import WrongDType

        raise Rejection(
            WrongDType,
            input=index,
            operator=op.name,
            expected="int64 or int32",
            received=x.dtype.value,
            advice="declare the input with its type: `input tokens: int64[128]`",
            declarable=DType.INT64.value,
        )
    return x


def batched(op: Op, x: TensorType, index: int = 0) -> TensorType:
    """`x`, which must have a batch axis."""
    if x.batch is None:
        from netlang.diagnostics.language.shapes import WithoutBatch

        raise Rejection(WithoutBatch, input=index, operator=op.name, received=shape_text(x.shape))
    return x


def ranked(op: Op, x: TensorType, ranks: range, expected: str, index: int = 0) -> TensorType:
    """`x`, whose number of axes must be one of `ranks`; `expected` describes these in words."""
    if x.rank not in ranks:
        from netlang.diagnostics.language.shapes import WrongRank

        raise Rejection(
            WrongRank,
            input=index,
            operator=op.name,
            expected=expected,
            received=shape_text(x.shape),
        )
    return x


def spatial_input(op: Op, inputs: Types) -> TensorType:
    """The one input, channels with one to three spatial axes."""
    return ranked(
        op,
        the_input(op, inputs),
        range(2, 5),
        "an input of shape [C, L], [C, H, W] or [C, D, H, W]",
    )


def fixed(op: Op, size: Dim, what: str) -> int:
    """`size`, which must be the same number for every input; `what` describes it in words."""
    if not isinstance(size, int):
        from netlang.diagnostics.language.shapes import FixedSizeNeeded

        raise Rejection(FixedSizeNeeded, input=0, operator=op.name, what=what, size=str(size))
    return size


def divisible(op: Op, value: int, divisor: int, what: str, argument: str) -> int:
    """``value // divisor``, which must be exact; `what` describes the value in words."""
    if value % divisor:
        from netlang.diagnostics.language.shapes import NotDivisible

        raise Rejection(
            NotDivisible,
            argument=argument,
            operator=op.name,
            what=what,
            value=value,
            parameter=argument,
            divisor=divisor,
        )
    return value // divisor


def axis_index(op: Op, x: TensorType, axis: int, argument: str = "axis") -> int:
    """`axis` counted from 0; a negative one counts from the end."""
    if not -x.rank <= axis < x.rank:
        from netlang.diagnostics.language.shapes import AxisOutOfRange

        raise Rejection(
            AxisOutOfRange,
            argument=argument,
            operator=op.name,
            axis=axis,
            received=shape_text(x.shape),
            lowest=-x.rank,
            highest=x.rank - 1,
        )
    return axis % x.rank
