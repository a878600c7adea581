"""Pooling over windows, regions and everything."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.lowering.base import (
    Lowered,
    applied,
    constant,
    layer,
    lower,
    option,
    per_axis_number,
    size,
)
from netlang.backends.torch.python.tree import (
    Call,
    Constant,
    Expression,
    Keyword,
    Operand,
    TheModule,
    TupleDisplay,
    dotted,
)
from netlang.ir.types import Types
from netlang.ops.adaptive_pool import (
    AdaptiveAvgpool,
    AdaptiveMaxpool,
    GlobalAvgpool,
    GlobalMaxpool,
)
from netlang.ops.pool import Avgpool, Maxpool
from netlang.ops.spatial import Sizes, per_axis
from netlang.ops.unpool import MaxUnpool

__all__: list[str] = []


def _step(stride: Sizes | None, rank: int) -> tuple[Keyword, ...]:
    """The stride, which is the kernel where it isn't given, as in PyTorch."""
    if stride is None:
        return ()
    return (Keyword("stride", per_axis_number(per_axis(stride, rank), "stride")),)


@lower.register
def _maxpool(op: Maxpool, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    return layer(
        dotted(f"nn.MaxPool{rank}d"),
        dotted(f"F.max_pool{rank}d"),
        per_axis_number(per_axis(op.kernel, rank), "kernel_size"),
        *_step(op.stride, rank),
        option("padding", per_axis_number(per_axis(op.pad, rank), "padding"), 0),
        option("dilation", per_axis_number(per_axis(op.dilation, rank), "dilation"), 1),
        option("ceil_mode", constant(op.ceil), False),
        option("return_indices", constant(op.return_indices), False),
    )


def _every_axis(op: MaxUnpool, rank: int) -> Iterator[Expression | Keyword]:
    """The window for torch's function, which by its types takes a number for each axis."""
    settings = {"kernel_size": op.kernel, "stride": op.stride, "padding": op.pad or None}
    for name, value in settings.items():
        if value is not None:
            sizes = TupleDisplay(per_axis_number(per_axis(value, rank), name).items)
            yield sizes if name == "kernel_size" else Keyword(name, sizes)


@lower.register
def _max_unpool(op: MaxUnpool, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    values = (Operand(0), Operand(1))
    window: tuple[Expression | Keyword, ...] = (
        per_axis_number(per_axis(op.kernel, rank), "kernel_size"),
        *_step(op.stride, rank),
        option("padding", per_axis_number(per_axis(op.pad, rank), "padding"), 0),
    )
    function = dotted(f"F.max_unpool{rank}d")
    each = tuple(_every_axis(op, rank))
    if op.size is not None:
        sizes = TupleDisplay(tuple(size(item, "size") for item in op.size))
        return Lowered(function=applied(function, *values, *each, Keyword("output_size", sizes)))
    return Lowered(
        constructor=applied(dotted(f"nn.MaxUnpool{rank}d"), *window),
        apply=Call(TheModule(), values),
        function=applied(function, *values, *each),
    )


@lower.register
def _avgpool(op: Avgpool, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    return layer(
        dotted(f"nn.AvgPool{rank}d"),
        dotted(f"F.avg_pool{rank}d"),
        per_axis_number(per_axis(op.kernel, rank), "kernel_size"),
        *_step(op.stride, rank),
        option("padding", per_axis_number(per_axis(op.pad, rank), "padding"), 0),
        option("ceil_mode", constant(op.ceil), False),
        option("count_include_pad", constant(op.count_include_pad), True),
    )


@lower.register
def _adaptive_avgpool(op: AdaptiveAvgpool, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    return layer(
        dotted(f"nn.AdaptiveAvgPool{rank}d"),
        dotted(f"F.adaptive_avg_pool{rank}d"),
        per_axis_number(per_axis(op.out, rank), "output_size"),
    )


@lower.register
def _adaptive_maxpool(op: AdaptiveMaxpool, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    return layer(
        dotted(f"nn.AdaptiveMaxPool{rank}d"),
        dotted(f"F.adaptive_max_pool{rank}d"),
        per_axis_number(per_axis(op.out, rank), "output_size"),
    )


@lower.register
def _global_avgpool(op: GlobalAvgpool, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    one = Constant(1)
    return layer(dotted(f"nn.AdaptiveAvgPool{rank}d"), dotted(f"F.adaptive_avg_pool{rank}d"), one)


@lower.register
def _global_maxpool(op: GlobalMaxpool, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    one = Constant(1)
    return layer(dotted(f"nn.AdaptiveMaxPool{rank}d"), dotted(f"F.adaptive_max_pool{rank}d"), one)
