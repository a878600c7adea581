"""The operators of the language: one class for each, found by name.

The table is explicit and classes are imported when they are first asked for, so that a program
pays only for the operators that it uses.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from netlang.ir.op import Op

__all__ = ["KEYWORDS", "all_operators", "operator", "operator_names"]

_TABLE = {
    # convolutions and maps
    "conv": "conv:Conv",
    "conv_transpose": "conv:ConvTranspose",
    "linear": "linear:Linear",
    # activations
    "relu": "activation:Relu",
    "relu6": "activation:Relu6",
    "leaky_relu": "activation:LeakyRelu",
    "elu": "activation:Elu",
    "sigmoid": "activation:Sigmoid",
    "tanh": "activation:Tanh",
    "silu": "activation:Silu",
    "gelu": "activation:Gelu",
    "hard_sigmoid": "activation:HardSigmoid",
    "hard_swish": "activation:HardSwish",
    "softplus": "activation:Softplus",
    "heaviside": "activation:Heaviside",
    "softmax": "softmax:Softmax",
    "log_softmax": "softmax:LogSoftmax",
    # normalisations
    "batch_norm": "norm:BatchNorm",
    # pools
    "maxpool": "pool:Maxpool",
    "avgpool": "pool:Avgpool",
    "adaptive_avgpool": "adaptive_pool:AdaptiveAvgpool",
    "adaptive_maxpool": "adaptive_pool:AdaptiveMaxpool",
    "global_avgpool": "adaptive_pool:GlobalAvgpool",
    "global_maxpool": "adaptive_pool:GlobalMaxpool",
    # layout
    "flatten": "layout:Flatten",
    "reshape": "layout:Reshape",
    # randomness
    "dropout": "dropout:Dropout",
    "gaussian_sample": "random:GaussianSample",
    # merges
    "add": "merge:Add",
    "sub": "merge:Sub",
    "mul": "merge:Mul",
    "max": "merge:Max",
    "concat": "merge:Concat",
    "identity": "merge:Identity",
    # sequences
    "rnn": "recurrent:Rnn",
    "lstm": "recurrent:Lstm",
    "gru": "recurrent:Gru",
}

# Every bare word that some argument takes, so that reading a name imports no operator; a test
# compares it with the signatures.
KEYWORDS = frozenset({"same", "zeros", "reflect", "replicate", "circular", "none", "tanh", "relu"})


@cache
def operator(name: str) -> type[Op] | None:
    """The operator that the language calls `name`, or None."""
    entry = _TABLE.get(name)
    if entry is None:
        return None
    module, _, class_name = entry.partition(":")
    found: type[Op] = getattr(import_module(f"netlang.ops.{module}"), class_name)
    return found


def operator_names() -> tuple[str, ...]:
    """The names of all operators, without importing any of them."""
    return tuple(_TABLE)


def all_operators() -> tuple[type[Op], ...]:
    """Every operator, in the order of the reference."""
    return tuple(found for name in _TABLE if (found := operator(name)))
