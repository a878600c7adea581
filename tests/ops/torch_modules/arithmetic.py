"""Arithmetic, elementary functions and reductions as torch has them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.ops import einsum, elementary, merge, reduce, scale
from tests.ops.torch_modules.base import Applied, build, torch_axis

__all__: list[str] = []

_PLAIN: dict[type[Op], Callable[..., Tensor]] = {
    elementary.Exp: torch.exp,
    elementary.Sin: torch.sin,
    elementary.Cos: torch.cos,
    elementary.Log: torch.log,
    elementary.Sqrt: torch.sqrt,
    elementary.Rsqrt: torch.rsqrt,
    elementary.Abs: torch.abs,
    elementary.Neg: torch.neg,
    elementary.Round: torch.round,
    merge.Div: torch.div,
}


def _plain(op: Op, inputs: Types) -> nn.Module:
    return Applied(_PLAIN[type(op)])


for _class in _PLAIN:
    build.register(_class, _plain)


@build.register
def _(op: scale.Scale, inputs: Types) -> nn.Module:
    behind = [1] * (inputs[0].rank - 1)

    def shaped(given: float | tuple[float, ...], x: Tensor) -> Tensor:
        made = torch.tensor(given, dtype=x.dtype)
        # Torch would repeat a single channel for a longer list.
        return made.reshape(-1, *behind).broadcast_to(x.shape)

    return Applied(lambda x: x * shaped(op.by, x) + shaped(op.offset, x))


@build.register
def _(op: elementary.Pow, inputs: Types) -> nn.Module:
    return Applied(lambda x: torch.pow(x, op.exponent))


@build.register
def _(op: elementary.Clamp, inputs: Types) -> nn.Module:
    return Applied(lambda x: torch.clamp(x, op.min, op.max))


def _reduced(function: Callable[..., Tensor]) -> Callable[[reduce.Reduction, Types], nn.Module]:
    def made(op: reduce.Reduction, inputs: Types) -> nn.Module:
        given = (op.axes,) if isinstance(op.axes, int) else op.axes
        dims = [_dim(axis, inputs[0]) for axis in given]
        return Applied(lambda x: function(x, dims, keepdim=op.keep))

    return made


def _dim(axis: int, x: TensorType) -> int:
    return axis if x.batch is None else torch_axis(axis)


build.register(reduce.Mean, _reduced(torch.mean))
build.register(reduce.Sum, _reduced(torch.sum))
build.register(reduce.Amax, _reduced(torch.amax))
build.register(reduce.Amin, _reduced(torch.amin))


@build.register
def _(op: einsum.Einsum, inputs: Types) -> nn.Module:
    """With an ellipsis for the batch, which torch sets in front of the result."""
    terms, made = op.formula.split("->")
    values = zip(terms.split(","), inputs, strict=True)
    given = ",".join(term if x.batch is None else f"...{term}" for term, x in values)
    return Applied(lambda *operands: torch.einsum(f"{given}->...{made}", *operands))
