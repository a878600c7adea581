"""The colours and fonts of a diagram: a light fill for each family, distinguishable in print."""

from __future__ import annotations

from typing import Final

from netlang.ir.op import Op
from netlang.ir.program import Function

__all__ = [
    "AUXILIARY",
    "BLOCK",
    "FONT",
    "FRAME",
    "INK",
    "LINE",
    "MUTED",
    "NOTE",
    "SMALL",
    "family_of",
    "fill_of",
]

SMALL: Final = 9
FONT: Final = "Helvetica,Arial,sans-serif"
INK: Final = "#1f2328"
MUTED: Final = "#5f6670"
NOTE: Final = "#8a5a00"
LINE: Final = "#4a4f57"
FRAME: Final = "#9aa1ab"
AUXILIARY: Final = "#b3432b"
BLOCK: Final = "#fbeeb8"
_OTHER: Final = "#e9e4da"

_ACTIVATION: Final = "#fbdcc4"
_POOL: Final = "#cbe6d0"
_SEQUENCE: Final = "#f3cfdb"
_VALUE: Final = "#d3ebea"
_PLAIN: Final = "#f7f7f7"
_NORM: Final = "#ebedf0"
_ARITHMETIC: Final = "#d5d9de"

_FAMILIES: Final = {
    "conv_transpose": "#c9ddf2",
    "conv": "#c9ddf2",
    "linear": "#d9d0ee",
    "drop_connect": "#d9d0ee",
    "norm": _NORM,
    "frozen_norm": _NORM,
    "switchable_norm": _NORM,
    "response_norm": _NORM,
    "rms_norm": _NORM,
    "merge": _ARITHMETIC,
    "einsum": _ARITHMETIC,
    "scale": _ARITHMETIC,
    "elementary": _ARITHMETIC,
    "compare": _ARITHMETIC,
    "activation": _ACTIVATION,
    "softmax": _ACTIVATION,
    "vector": _ACTIVATION,
    "pool": _POOL,
    "unpool": _POOL,
    "region": _POOL,
    "adaptive_pool": _POOL,
    "upsample": _POOL,
    "reduce": _POOL,
    "recurrent": _SEQUENCE,
    "attention": _SEQUENCE,
    "scaled_attention": _SEQUENCE,
    "window_attention": _SEQUENCE,
    "cosine_window_attention": _SEQUENCE,
    "multi_axis_attention": _SEQUENCE,
    "random": _VALUE,
    "tensor": _VALUE,
    "listed": _VALUE,
    "sequences": _VALUE,
    "filled": _VALUE,
    "layout": _PLAIN,
    "cut": _PLAIN,
    "split": _PLAIN,
    "shuffle": _PLAIN,
    "places": _PLAIN,
    "unfold": _PLAIN,
    "dropout": _PLAIN,
}


def fill_of(callee: Op | Function) -> str:
    """The fill of a row. Operators of other packages share one colour."""
    if isinstance(callee, Function):
        return BLOCK
    return _FAMILIES.get(family_of(callee), _OTHER)


def family_of(op: Op) -> str:
    """The family of an operator: the name of the module that defines it."""
    return type(op).__module__.rpartition(".")[2]
