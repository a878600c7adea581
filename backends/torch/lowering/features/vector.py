"""Operators on the vector of channels at each place."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    constant,
    dimension,
    epsilon,
    functional,
    layer,
    lower,
    number,
    option,
)
from netlang.backends.torch.python.tree import Name, call, dotted
from netlang.ir.types import Types
from netlang.ops.vector import L2Normalize, Maxout, Prelu

__all__: list[str] = []


@lower.register
def _prelu(op: Prelu, inputs: Types, outputs: Types) -> Lowered:
    slopes = constant(1) if not op.per_channel else number(inputs[0].channels, "num_features")
    return Lowered(
        constructor=call(
            "nn.PReLU",
            option("num_parameters", slopes, 1),
            option("init", number(op.init, "init"), 0.25),
        ),
        light=True,
    )


@lower.register
def _maxout(op: Maxout, inputs: Types, outputs: Types) -> Lowered:
    return layer(Name("Maxout"), Name("maxout"), number(op.pieces, "pieces"), light=True)


@lower.register
def _l2_normalize(op: L2Normalize, inputs: Types, outputs: Types) -> Lowered:
    dim = option("dim", constant(dimension(op.axis, inputs[0])), 1)
    eps = option("eps", epsilon(op.eps, inputs), 1e-12)
    return Lowered(
        constructor=call("L2Normalize", dim, eps),
        function=functional(dotted("F.normalize"), dim, eps),
        light=True,
    )
