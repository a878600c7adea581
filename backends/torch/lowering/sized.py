"""Operators with sizes taken from other values: ``size=skip.shape[-2:]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, final

from netlang.backends.torch.lowering.base import Lowered, lower
from netlang.backends.torch.lowering.one_example import lowered
from netlang.backends.torch.python.traverse import map_expression
from netlang.backends.torch.python.tree import (
    Attribute,
    Call,
    Constant,
    Expression,
    Index,
    Operand,
    SizeOf,
    Slice,
    Star,
    TupleDisplay,
)
from netlang.ir.derivation import Line
from netlang.ir.op import Arity, Case, Cost, Inferred, Op
from netlang.ir.reach import Reach
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.records import replace

__all__ = ["Sized", "shape_of"]


@final
class Sized(Op):
    """`op` with additional inputs of which only the sizes are read.

    `own` is the number of inputs that `op` itself has. `sizes` maps each size that depends on the
    net's input to its formula over the sizes of all operands.
    """

    name: ClassVar[str] = "sized"
    arity: ClassVar[Arity] = Arity(1, None)

    op: Op
    own: int
    sizes: tuple[tuple[str, Expression], ...]

    def infer(self, inputs: Types) -> Inferred:
        return self.op.infer(inputs[: self.own])

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return self.op.weights(inputs[: self.own])

    def cost(self, inputs: Types) -> Cost:
        return self.op.cost(inputs[: self.own])

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return self.op.reach(inputs[: self.own], output)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return self.op.derivation(inputs[: self.own])

    @classmethod
    def cases(cls) -> Iterator[Case]:
        return iter(())


def shape_of(part: Expression, axis: int) -> Expression:
    """``part.shape[axis]``"""
    return Index(Attribute(part, "shape"), Constant(axis))


@lower.register
def _sized(op: Sized, inputs: Types, outputs: Types) -> Lowered:
    step = lowered(op.op, inputs[: op.own], outputs)
    assert step.function is not None
    ranks = [type_.rank + (type_.batch is not None) for type_ in inputs]
    return replace(step, function=_with_sizes(step.function, dict(op.sizes), ranks))


def _with_sizes(part: Expression, sizes: Mapping[str, Expression], ranks: list[int]) -> Expression:
    """A tree with its sizes filled in; those at the end of one shape become a slice of it.

    `ranks` are those of the inputs as tensors.
    """

    def change(inner: Expression) -> Expression:
        match inner:
            case SizeOf(formula):
                return sizes[formula]
            case TupleDisplay(items):
                return _end_of_shape(items, ranks) or inner
            case Call(function, arguments, keywords):
                return Call(function, tuple(_unpacked(arguments)), keywords)
        return inner

    return map_expression(part, change)


def _unpacked(arguments: tuple[Expression, ...]) -> Iterator[Expression]:
    """``*(a, b)`` as ``a, b``"""
    for argument in arguments:
        if isinstance(argument, Star) and isinstance(argument.value, TupleDisplay):
            yield from argument.value.items
        else:
            yield argument


def _end_of_shape(items: tuple[Expression, ...], ranks: list[int]) -> Expression | None:
    """``x.shape[-2:]`` where the items are the last sizes of one value."""
    match items:
        case (Index(Attribute(Operand(index), "shape") as shape, Constant(int(first))), _, *_):
            ends = range(first, ranks[index])
            if items == tuple(Index(shape, Constant(axis)) for axis in ends):
                return Index(shape, Slice(Constant(-len(items)), None))
    return None
