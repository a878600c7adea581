"""Recurrent layers. PyTorch's also return a state, which isn't batch first."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    applied,
    constant,
    lower,
    number,
    option,
)
from netlang.backends.torch.python.tree import (
    Call,
    Constant,
    Expression,
    Index,
    Keyword,
    Name,
    Operand,
    TheModule,
    dotted,
)
from netlang.ir.types import Types
from netlang.ops.recurrent import Gru, Lstm, Rnn

__all__: list[str] = []


def _recurrent(module: str, op: Rnn | Lstm | Gru, inputs: Types, *options: Keyword) -> Lowered:
    constructor = applied(
        dotted(module),
        number(inputs[0].shape[-1], "input_size"),
        number(op.hidden, "hidden_size"),
        option("num_layers", number(op.layers, "num_layers"), 1),
        *options,
        option("bias", constant(op.bias), True),
        option("batch_first", constant(True), False),
        option("dropout", number(op.dropout, "dropout"), 0.0),
        option("bidirectional", constant(op.bidirectional), False),
    )
    result = Call(TheModule(), (Operand(0),))
    apply: Expression = Index(result, Constant(0))
    if op.return_state:
        apply = applied(Name("batch_first"), result)
    return Lowered(constructor, apply=apply)


@lower.register
def _rnn(op: Rnn, inputs: Types, outputs: Types) -> Lowered:
    nonlinearity = option("nonlinearity", constant(op.nonlinearity), "tanh")
    return _recurrent("nn.RNN", op, inputs, nonlinearity)


@lower.register
def _lstm(op: Lstm, inputs: Types, outputs: Types) -> Lowered:
    return _recurrent("nn.LSTM", op, inputs)


@lower.register
def _gru(op: Gru, inputs: Types, outputs: Types) -> Lowered:
    return _recurrent("nn.GRU", op, inputs)
