"""Activations: elementwise functions, and softmax over an axis."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    constant,
    dimension,
    layer,
    lower,
    number,
    option,
)
from netlang.backends.torch.python.tree import Name, Overwrite, dotted
from netlang.ir.types import Types
from netlang.ops.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    Heaviside,
    LeakyRelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softplus,
    Tanh,
)
from netlang.ops.softmax import LogSoftmax, Softmax

__all__: list[str] = []


@lower.register
def _relu(op: Relu, inputs: Types, outputs: Types) -> Lowered:
    inplace = option("inplace", Overwrite(), False)
    return layer(dotted("nn.ReLU"), dotted("F.relu"), inplace, light=True)


@lower.register
def _relu6(op: Relu6, inputs: Types, outputs: Types) -> Lowered:
    inplace = option("inplace", Overwrite(), False)
    return layer(dotted("nn.ReLU6"), dotted("F.relu6"), inplace, light=True)


@lower.register
def _leaky_relu(op: LeakyRelu, inputs: Types, outputs: Types) -> Lowered:
    slope = number(op.negative_slope, "negative_slope")
    return layer(dotted("nn.LeakyReLU"), dotted("F.leaky_relu"), slope, light=True)


@lower.register
def _elu(op: Elu, inputs: Types, outputs: Types) -> Lowered:
    alpha = option("alpha", number(op.alpha, "alpha"), 1.0)
    return layer(dotted("nn.ELU"), dotted("F.elu"), alpha, light=True)


@lower.register
def _sigmoid(op: Sigmoid, inputs: Types, outputs: Types) -> Lowered:
    return layer(dotted("nn.Sigmoid"), dotted("torch.sigmoid"), light=True)


@lower.register
def _tanh(op: Tanh, inputs: Types, outputs: Types) -> Lowered:
    return layer(dotted("nn.Tanh"), dotted("torch.tanh"), light=True)


@lower.register
def _silu(op: Silu, inputs: Types, outputs: Types) -> Lowered:
    return layer(dotted("nn.SiLU"), dotted("F.silu"), light=True)


@lower.register
def _gelu(op: Gelu, inputs: Types, outputs: Types) -> Lowered:
    formula = option("approximate", constant(op.approximate), "none")
    return layer(dotted("nn.GELU"), dotted("F.gelu"), formula, light=True)


@lower.register
def _hard_sigmoid(op: HardSigmoid, inputs: Types, outputs: Types) -> Lowered:
    return layer(dotted("nn.Hardsigmoid"), dotted("F.hardsigmoid"), light=True)


@lower.register
def _hard_swish(op: HardSwish, inputs: Types, outputs: Types) -> Lowered:
    return layer(dotted("nn.Hardswish"), dotted("F.hardswish"), light=True)


@lower.register
def _softplus(op: Softplus, inputs: Types, outputs: Types) -> Lowered:
    beta = option("beta", number(op.beta, "beta"), 1.0)
    threshold = option("threshold", number(op.threshold, "threshold"), 20.0)
    return layer(dotted("nn.Softplus"), dotted("F.softplus"), beta, threshold, light=True)


@lower.register
def _heaviside(op: Heaviside, inputs: Types, outputs: Types) -> Lowered:
    at_zero = option("at_zero", number(op.at_zero, "at_zero"), 0.0)
    return layer(Name("Heaviside"), Name("heaviside"), at_zero, light=True)


@lower.register
def _softmax(op: Softmax, inputs: Types, outputs: Types) -> Lowered:
    dim = option("dim", constant(dimension(op.along, inputs[0])))
    return layer(dotted("nn.Softmax"), dotted("torch.softmax"), dim, light=True)


@lower.register
def _log_softmax(op: LogSoftmax, inputs: Types, outputs: Types) -> Lowered:
    dim = option("dim", constant(dimension(op.along, inputs[0])))
    return layer(dotted("nn.LogSoftmax"), dotted("torch.log_softmax"), dim, light=True)
