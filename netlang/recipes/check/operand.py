"""The type of an expression inside a loss, per example.

A number has no batch axis. None stands for a target whose type depends on the data, and for
anything computed from one.
"""

from __future__ import annotations

from collections.abc import Mapping

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType, TensorType
from netlang.recipes.words.operands import (
    CHANNELWISE,
    PER_EXAMPLE,
    Apply,
    NamedValue,
    Number,
    Operand,
)

__all__ = ["NUMBER", "Types", "is_number", "operand_type"]

Types = Mapping[str, TensorType | None]

NUMBER = TensorType((), DType.FLOAT32, None)


def is_number(type: TensorType | None) -> bool:
    """Whether it is the same for all examples."""
    return type is not None and type.batch is None


def operand_type(operand: Operand, types: Types) -> TensorType | None:
    """The type of an operand whose names are all in `types`. Raises `NetlangError`."""
    if isinstance(operand, Number):
        return NUMBER
    if isinstance(operand, NamedValue):
        return types[operand.name]
    given = [operand_type(each, types) for each in operand.operands]
    known = [each for each in given if each is not None]
    if len(known) < len(given):
        return None
    return _pair(operand, *known) if len(known) == 2 else _one(operand, known[0])


def _one(applied: Apply, given: TensorType) -> TensorType:
    function = applied.function
    if function in ("-", "abs"):
        return given
    floats = given.dtype if given.dtype.is_float else DType.FLOAT32
    if function in PER_EXAMPLE:
        if not given.dtype.is_float:
            raise _wrong(applied, (given,), "whole numbers: write `float(...)`")
        return TensorType((), floats, given.batch)
    if function in CHANNELWISE and (not given.shape or not given.dtype.is_float):
        raise _wrong(applied, (given,), "it needs numbers along an axis of channels")
    return TensorType(given.shape, floats, given.batch)


def _pair(applied: Apply, left: TensorType, right: TensorType) -> TensorType:
    if not is_number(left) and not is_number(right) and left.shape != right.shape:
        raise _wrong(applied, (left, right), "the shapes differ")
    shaped = right if is_number(left) else left
    floats = [each.dtype for each in (left, right) if each.dtype.is_float and not is_number(each)]
    whole = not floats and not is_number(left) and not is_number(right)
    if whole and applied.function != "/":
        return shaped
    return TensorType(shaped.shape, floats[0] if floats else DType.FLOAT32, shaped.batch)


def _wrong(applied: Apply, given: tuple[TensorType, ...], why: str) -> NetlangError:
    return NetlangError(
        refusals.OperandShapes(
            span=applied.span,
            operation=applied.function,
            operands=" and ".join(map(str, given)),
            why=why,
        )
    )
