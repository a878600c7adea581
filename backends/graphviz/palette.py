"""The colours and fonts of a diagram: one light fill for each family, told apart in print too."""

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

_FAMILIES: Final = {
    "conv": "#c9ddf2",
    "linear": "#d9d0ee",
    "softmax": "#fbdcc4",
    "adaptive_pool": "#cbe6d0",
    "norm": "#ebedf0",
    "activation": "#fbdcc4",
    "pool": "#cbe6d0",
    "recurrent": "#f3cfdb",
    "layout": "#f7f7f7",
    "dropout": "#f7f7f7",
    "merge": "#d5d9de",
    "random": "#d3ebea",
    "tensor": "#d3ebea",
}


def fill_of(callee: Op | Function) -> str:
    """The fill of a row; operators from elsewhere share one colour."""
    if isinstance(callee, Function):
        return BLOCK
    return _FAMILIES.get(family_of(callee), _OTHER)


def family_of(op: Op) -> str:
    """The family of an operator: the name of the file that defines it."""
    return type(op).__module__.rpartition(".")[2]
