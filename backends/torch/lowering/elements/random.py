"""Operators that draw random numbers in training."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    applied,
    constant,
    functional,
    lower,
    number,
    option,
)
from netlang.backends.torch.python.tree import Keyword, Name, Operand, call, dotted
from netlang.ir.types import Types
from netlang.ops.drop_connect import DropConnect
from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.random import GaussianSample

__all__: list[str] = []

_TRAINING = Keyword("training", dotted("self.training"))


@lower.register
def _dropout(op: Dropout, inputs: Types, outputs: Types) -> Lowered:
    p = number(op.p, "p")
    return Lowered(
        constructor=call("nn.Dropout", p),
        function=functional(dotted("F.dropout"), p, _TRAINING),
    )


@lower.register
def _drop_connect(op: DropConnect, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(
        call(
            "DropConnect",
            number(inputs[0].shape[-1], "in_features"),
            number(op.out, "out_features"),
            option("p", number(op.p, "p"), 0.5),
            option("bias", constant(op.bias), True),
        ),
        overwritable=True,
    )


@lower.register
def _gaussian_sample(op: GaussianSample, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=call("gaussian_sample", Operand(0), Operand(1), _TRAINING))


@lower.register
def _stochastic_depth(op: StochasticDepth, inputs: Types, outputs: Types) -> Lowered:
    p, mode = number(op.p, "p"), option("mode", constant(op.mode), "row")
    return Lowered(
        constructor=applied(Name("StochasticDepth"), p, mode),
        function=functional(Name("stochastic_depth"), p, mode, _TRAINING),
    )
