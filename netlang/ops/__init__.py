"""The operators of the language: one class each, found by name.

The table is explicit, and classes are imported on first use, so a program only loads the operators
that it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from netlang.ir.op import Op

__all__ = [
    "FAMILIES", "KEYWORDS", "all_operators", "family_of", "is_keyword", "operator",
    "operator_names",
]  # fmt: skip

FAMILIES: Mapping[str, Mapping[str, str]] = {
    "Convolutions and linear maps": {
        "conv": "conv:Conv",
        "conv_transpose": "conv_transpose:ConvTranspose",
        "linear": "linear:Linear",
    },
    "Activations": {
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
        "prelu": "vector:Prelu",
        "maxout": "vector:Maxout",
    },
    "Arithmetic": {
        "scale": "scale:Scale",
        "exp": "elementary:Exp",
        "sin": "elementary:Sin",
        "cos": "elementary:Cos",
        "log": "elementary:Log",
        "sqrt": "elementary:Sqrt",
        "rsqrt": "elementary:Rsqrt",
        "pow": "elementary:Pow",
        "abs": "elementary:Abs",
        "neg": "elementary:Neg",
        "round": "elementary:Round",
        "clamp": "elementary:Clamp",
    },
    "Reductions": {
        "mean": "reduce:Mean",
        "sum": "reduce:Sum",
        "amax": "reduce:Amax",
        "amin": "reduce:Amin",
        "cumsum": "places:Cumsum",
    },
    "Comparisons": {
        "equal": "compare:Equal",
        "not_equal": "compare:NotEqual",
        "less": "compare:Less",
        "less_equal": "compare:LessEqual",
        "greater": "compare:Greater",
        "greater_equal": "compare:GreaterEqual",
        "where": "compare:Where",
        "to_float": "to_float:ToFloat",
    },
    "Normalisations": {
        "batch_norm": "norm:BatchNorm",
        "frozen_batch_norm": "frozen_norm:FrozenBatchNorm",
        "layer_norm": "norm:LayerNorm",
        "rms_norm": "rms_norm:RmsNorm",
        "group_norm": "norm:GroupNorm",
        "instance_norm": "norm:InstanceNorm",
        "switchable_norm": "switchable_norm:SwitchableNorm",
        "local_response_norm": "response_norm:LocalResponseNorm",
        "l2_normalize": "vector:L2Normalize",
    },
    "Pools": {
        "maxpool": "pool:Maxpool",
        "max_unpool": "unpool:MaxUnpool",
        "avgpool": "pool:Avgpool",
        "adaptive_avgpool": "adaptive_pool:AdaptiveAvgpool",
        "adaptive_maxpool": "adaptive_pool:AdaptiveMaxpool",
        "global_avgpool": "adaptive_pool:GlobalAvgpool",
        "global_maxpool": "adaptive_pool:GlobalMaxpool",
        "roi_pool": "region:RoiPool",
        "roi_align": "region:RoiAlign",
    },
    "Layout": {
        "flatten": "layout:Flatten",
        "reshape": "layout:Reshape",
        "transpose": "layout:Transpose",
        "slice": "cut:Slice",
        "split": "split:Split",
        "crop": "cut:Crop",
        "pad": "cut:Pad",
        "upsample": "upsample:Upsample",
        "pixel_shuffle": "shuffle:PixelShuffle",
        "pixel_unshuffle": "shuffle:PixelUnshuffle",
        "channel_shuffle": "shuffle:ChannelShuffle",
        "roll": "places:Roll",
        "gather": "places:Gather",
        "expand": "places:Expand",
        "unfold": "unfold:Unfold",
        "fold": "unfold:Fold",
    },
    "Randomness": {
        "dropout": "dropout:Dropout",
        "drop_connect": "drop_connect:DropConnect",
        "stochastic_depth": "dropout:StochasticDepth",
        "gaussian_sample": "random:GaussianSample",
    },
    "Merges": {
        "add": "merge:Add",
        "sub": "merge:Sub",
        "mul": "merge:Mul",
        "div": "merge:Div",
        "max": "merge:Max",
        "min": "merge:Min",
        "concat": "merge:Concat",
        "matmul": "merge:Matmul",
        "einsum": "einsum:Einsum",
        "identity": "identity:Identity",
    },
    "Constants": {
        "constant": "constants.listed:Listed",
        "arange": "constants.sequences:Arange",
        "linspace": "constants.sequences:Linspace",
        "full": "constants.filled:Full",
        "zeros": "constants.filled:Zeros",
        "ones": "constants.filled:Ones",
        "eye": "constants.squares:Eye",
        "window_offsets": "constants.squares:WindowOffsets",
    },
    "Learned tensors": {
        "parameter": "tensor:Parameter",
        "embedding": "tensor:Embedding",
    },
    "Sequences": {
        "rnn": "recurrent:Rnn",
        "lstm": "recurrent:Lstm",
        "gru": "recurrent:Gru",
        "attention": "scaled_attention:Attention",
        "multi_head_attention": "attention:MultiHeadAttention",
    },
}
"""The classes of the operators by name, in the families of the reference."""

_TABLE = {name: entry for family in FAMILIES.values() for name, entry in family.items()}
# No advice names it, and no net that is complete has it, so that it isn't among the operators.
_TO_BE_REPLACED = {"hole": "hole:Hole"}
_FAMILY = {name: title for title, family in FAMILIES.items() for name in family}

# Every bare word that some argument takes, so that reading a name imports no operator; a test
# compares it with the signatures.
KEYWORDS = frozenset(
    [
        "same",
        "zeros",
        "constant",
        "reflect",
        "replicate",
        "circular",
        "none",
        "tanh",
        "relu",
        "nearest",
        "linear",
        "bilinear",
        "trilinear",
        "bicubic",
        "row",
        "batch",
        "float",
        "int64",
    ]
)


@cache
def operator(name: str) -> type[Op] | None:
    """The operator called `name`, built in or installed, or None."""
    entry = _TABLE.get(name) or _TO_BE_REPLACED.get(name)
    if entry is None:
        from netlang.ops.installed import installed_operator

        return installed_operator(name)
    module, _, class_name = entry.partition(":")
    found: type[Op] = getattr(import_module(f"netlang.ops.{module}"), class_name)
    return found


def operator_names() -> tuple[str, ...]:
    """The names of all operators, including installed ones, without importing any."""
    from netlang.ops.installed import installed_names

    return (*_TABLE, *(name for name in installed_names() if name not in _TABLE))


def is_keyword(word: str) -> bool:
    """Whether some argument of some operator takes `word`."""
    from netlang.ops.installed import installed_keywords

    return word in KEYWORDS or word in installed_keywords()


def family_of(name: str) -> str | None:
    """The family of a built-in operator in the reference; None for one of another package."""
    return _FAMILY.get(name)


def all_operators() -> tuple[type[Op], ...]:
    """Every built-in operator, in the order of the reference, without installed ones."""
    return tuple(found for name in _TABLE if (found := operator(name)))
