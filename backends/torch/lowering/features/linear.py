"""Affine maps: `nn.Linear`, and the one whose weights are numbers in the spec."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    applied,
    constant,
    lower,
    number,
    option,
)
from netlang.backends.torch.python.tree import Expression, Keyword, ListDisplay, Name, dotted
from netlang.ir.types import Types
from netlang.ops.linear import Linear

__all__: list[str] = []


@lower.register
def _linear(op: Linear, inputs: Types, outputs: Types) -> Lowered:
    features = (
        number(inputs[0].shape[-1], "in_features"),
        number(op.out, "out_features"),
    )
    if op.weight is None and isinstance(op.bias, bool):
        bias = option("bias", constant(op.bias), True)
        return Lowered(applied(dotted("nn.Linear"), *features, bias), overwritable=True)
    fixed = [] if op.weight is None else [Keyword("weight", _nested(op.weight, "weight"))]
    given = constant(op.bias) if isinstance(op.bias, bool) else _nested(op.bias, "bias")
    return Lowered(
        applied(Name("fixed_linear"), *features, *fixed, option("bias", given, True)),
        overwritable=True,
    )


def _nested(values: object, role: str) -> Expression:
    if isinstance(values, tuple):
        return ListDisplay(tuple(_nested(item, role) for item in values))
    return number(values, role)
