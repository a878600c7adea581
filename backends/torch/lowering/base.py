"""Operators as PyTorch code: the dispatch in which every family registers its lowerings.

A lowering is a tree with holes: `Number` for each number of the operator, `Operand` for each input,
`TheModule` for the module that holds its weights. The emitter fills the holes, so one lowering
serves a block's class, an `nn.Sequential` and a line of `forward` alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Literal, TypeAlias

from netlang.backends.lowerings import load_installed
from netlang.backends.torch.diagnostics import NoLowering
from netlang.backends.torch.python.tree import (
    Attribute,
    Call,
    Constant,
    Expression,
    Keyword,
    Number,
    Operand,
    PerAxis,
    SizeOf,
    Star,
    TheModule,
    TupleDisplay,
)
from netlang.diagnostics.errors import NetlangError
from netlang.ir.dims import Dim
from netlang.ir.numbers.computed import computed, is_number
from netlang.ir.numbers.provenance import CallOrigin, combined, origin_of
from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.records import Record

__all__ = [
    "APPLIED",
    "Held",
    "Lowered",
    "Unsupported",
    "applied",
    "arithmetic",
    "constant",
    "dimension",
    "epsilon",
    "functional",
    "layer",
    "lower",
    "met",
    "number",
    "option",
    "per_axis_number",
    "permuted",
    "size",
    "window_sizes",
]

APPLIED = Call(TheModule(), (Operand(0),))
"""The usual use of a module: calling it with the only value that the step reads."""


# What a step keeps: a constant is a buffer that isn't part of the state.
Held: TypeAlias = Literal["module", "parameter", "buffer", "constant"]


class Unsupported(Exception):
    """PyTorch can't express the operator with these arguments; the message says why."""


class Lowered(Record):
    """One step as PyTorch code.

    `constructor` makes its module, and `apply` is the value in terms of the module; `function` is
    the value without a module. `held` says what the constructor makes: a module or a tensor.
    `light` steps read well around the call that made their input. The backward pass of an
    `overwritable` step doesn't need its output, so the next step may overwrite it. For numbers for
    which the comparisons in `holds` are false, other code is needed.
    """

    constructor: Expression | None = None
    apply: Expression = APPLIED
    function: Expression | None = None
    held: Held = "module"
    light: bool = False
    overwritable: bool = False
    holds: tuple[CallOrigin, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it can stand in an `nn.Sequential`."""
        return self.constructor is not None and self.held == "module" and self.apply == APPLIED


@singledispatch
def lower(op: Op, inputs: Types, outputs: Types) -> Lowered:
    """The step that applies `op`, which infers `outputs` from `inputs`."""
    if load_installed("torch") and lower.dispatch(type(op)) is not lower.dispatch(Op):
        return lower(op, inputs, outputs)
    raise NetlangError(NoLowering(span=None, operator=op.name, reason="it has no lowering"))


def number(value: object, role: str) -> Number:
    """A number of the operator; `role` names it in a constructor (``stride``)."""
    if not is_number(value):
        raise Unsupported(f"the {role.replace('_', ' ')} depends on the size of the input")
    return Number(value, role)


def epsilon(value: float, inputs: Types) -> Expression:
    """The number that keeps a divisor from being 0, in the type of the first input."""
    kept = inputs[0].dtype.kept(value)
    return number(value, "eps") if kept == value else Constant(kept)


def size(value: Dim, role: str) -> Expression:
    """A size: a number of the operator, or read from a value if it depends on the input.

    In the latter case the step must be a function, since a module couldn't know the size when it is
    constructed.
    """
    return number(value, role) if isinstance(value, int) else SizeOf(str(value))


def window_sizes(values: Sequence[Dim], role: str) -> tuple[Expression, ...]:
    """Sizes as arguments of a call, unpacked from one shape if they are adjacent in it."""
    items = tuple(size(value, role) for value in values)
    if all(isinstance(item, SizeOf) for item in items):
        return (Star(TupleDisplay(items)),)
    return items


def per_axis_number(values: Sequence[int], role: str) -> PerAxis:
    """A number for each spatial axis."""
    return PerAxis(tuple(Number(value, role) for value in values))


def constant(value: int | float | bool | str | None) -> Constant:
    """A literal that belongs to the structure: instances that differ in it differ in class."""
    return Constant(value)


def option(
    name: str, value: Expression, default: int | float | bool | str | None = None
) -> Keyword:
    """A keyword argument that is omitted if it has its default value."""
    return Keyword(name, value, Constant(default))


def applied(function: Expression, *arguments: Expression | Keyword) -> Call:
    """A call with its arguments in order, positional ones first."""
    return Call(
        function,
        tuple(item for item in arguments if not isinstance(item, Keyword)),
        tuple(item for item in arguments if isinstance(item, Keyword)),
    )


def functional(function: Expression, *arguments: Expression | Keyword) -> Call:
    """A function of the first operand and further arguments."""
    return applied(function, Operand(0), *arguments)


def layer(
    module: Expression,
    function: Expression | None,
    *arguments: Expression | Keyword,
    light: bool = False,
) -> Lowered:
    """A layer without weights whose module and function take the same arguments."""
    return Lowered(
        constructor=applied(module, *arguments),
        function=None if function is None else functional(function, *arguments),
        light=light,
    )


def arithmetic(operator: str, left: int, right: int) -> int:
    """``left operator right`` for one of ``+ - * // %``; has an origin if either side has one."""
    value = computed(operator, (left, right))
    found = combined(operator, left, right, 0 if value is None else value)
    assert isinstance(found, int)
    return found


def met(comparison: str, left: int, right: int) -> CallOrigin:
    """A comparison that is true of two numbers, with their origins."""
    return CallOrigin(comparison, (origin_of(left) or int(left), origin_of(right) or int(right)))


def dimension(axis: int, x: TensorType) -> int:
    """An axis of the language, which omits the batch, as a dimension of the tensor."""
    return axis + 1 if axis >= 0 and x.batch is not None else axis


def permuted(part: Expression, order: Sequence[int], x: TensorType) -> Call:
    """`part` with its axes, those of `x`, permuted; the batch stays first."""
    batch = () if x.batch is None else (Constant(0),)
    shift = len(batch)
    return Call(Attribute(part, "permute"), (*batch, *(Constant(axis + shift) for axis in order)))
