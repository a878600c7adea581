"""Convolutions: `nn.Conv2d` and its kin."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    applied,
    arithmetic,
    constant,
    epsilon,
    lower,
    met,
    number,
    option,
    per_axis_number,
)
from netlang.backends.torch.python.tree import (
    Constant,
    Expression,
    Keyword,
    Name,
    Operand,
    TheModule,
    TupleDisplay,
    call,
    dotted,
)
from netlang.ir.numbers.provenance import CallOrigin, origin_of
from netlang.ir.types import Types
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.spatial import Padding, extents, padding, per_axis

__all__ = ["padded", "padding_argument"]


@lower.register
def _conv(op: Conv, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    kernel, stride = per_axis(op.kernel, rank), per_axis(op.stride, rank)
    dilation = per_axis(op.dilation, rank)
    pads = padding(op.pad, extents(kernel, dilation))
    symmetric = all(before == after for before, after in pads)
    outside = not symmetric and any(step != 1 for step in stride)
    constructor = applied(
        Name(f"StandardizedConv{rank}d") if op.standardize else dotted(f"nn.Conv{rank}d"),
        number(inputs[0].channels, "in_channels"),
        number(op.out, "out_channels"),
        per_axis_number(kernel, "kernel_size"),
        option("stride", per_axis_number(stride, "stride"), 1),
        *(() if outside else (padding_argument(op, kernel, dilation, symmetric, rank),)),
        option("dilation", per_axis_number(dilation, "dilation"), 1),
        option("groups", number(op.groups, "groups"), 1),
        option("bias", constant(op.bias), True),
        *(() if outside else (option("padding_mode", constant(op.pad_mode), "zeros"),)),
        *((option("eps", epsilon(op.eps, inputs), 1e-6),) if op.standardize else ()),
    )
    holds = _holds(op, kernel, dilation, stride, pads)
    if outside:
        apply = applied(TheModule(), padded(pads, op.pad_mode))
        return Lowered(constructor, apply=apply, overwritable=True, holds=holds)
    return Lowered(constructor, overwritable=True, holds=holds)


def _holds(
    op: Conv,
    kernel: tuple[int, ...],
    dilation: tuple[int, ...],
    stride: tuple[int, ...],
    pads: tuple[Padding, ...],
) -> tuple[CallOrigin, ...]:
    """What padding that keeps the size depends on: whether as much is needed on both sides."""
    if not isinstance(op.pad, str):
        return ()
    symmetric = all(before == after for before, after in pads)
    outside = not symmetric and any(step != 1 for step in stride)
    found: list[CallOrigin] = []
    for k, d, s in zip(kernel, dilation, stride, strict=True):
        if outside:
            found += (met("==", k, int(k)), met("==", d, int(d)))
        else:
            reach = (
                k if d == 1 and origin_of(d) is None else arithmetic("*", d, arithmetic("-", k, 1))
            )
            found.append(met("==", arithmetic("%", reach, 2), reach % 2))
        if not symmetric:
            found.append(met("==" if s == 1 else "!=", s, 1))
    return tuple(found)


def padding_argument(
    op: Conv, kernel: tuple[int, ...], dilation: tuple[int, ...], symmetric: bool, rank: int
) -> Keyword:
    """The keyword `padding` of a convolution that pads by itself."""
    if isinstance(op.pad, str) and not symmetric:
        return option("padding", constant("same"), 0)
    if isinstance(op.pad, str):
        halves = (
            arithmetic("//", k, 2)
            if d == 1 and origin_of(d) is None
            else arithmetic("//", arithmetic("*", d, arithmetic("-", k, 1)), 2)
            for k, d in zip(kernel, dilation, strict=True)
        )
        return option("padding", per_axis_number(tuple(halves), "padding"), 0)
    return option("padding", per_axis_number(per_axis(op.pad, rank), "padding"), 0)


def padded(pads: tuple[Padding, ...], mode: str) -> Expression:
    """The input padded at its edges; `F.pad` counts axes from the last."""
    amounts = tuple(Constant(amount) for pair in reversed(pads) for amount in pair)
    kind = "constant" if mode == "zeros" else mode
    return call(
        "F.pad", Operand(0), TupleDisplay(amounts), option("mode", constant(kind), "constant")
    )


@lower.register
def _conv_transpose(op: ConvTranspose, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    constructor = applied(
        dotted(f"nn.ConvTranspose{rank}d"),
        number(inputs[0].channels, "in_channels"),
        number(op.out, "out_channels"),
        per_axis_number(per_axis(op.kernel, rank), "kernel_size"),
        option("stride", per_axis_number(per_axis(op.stride, rank), "stride"), 1),
        option("padding", per_axis_number(per_axis(op.pad, rank), "padding"), 0),
        option(
            "output_padding", per_axis_number(per_axis(op.output_pad, rank), "output_padding"), 0
        ),
        option("groups", number(op.groups, "groups"), 1),
        option("bias", constant(op.bias), True),
        option("dilation", per_axis_number(per_axis(op.dilation, rank), "dilation"), 1),
    )
    return Lowered(constructor, overwritable=True)
