"""The colours and fonts of a diagram: a light fill for each family, distinguishable in print."""

from __future__ import annotations

from typing import Final

from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.ops import family_of

__all__ = [
    "ADDED",
    "AUXILIARY",
    "BLOCK",
    "CHANGED",
    "FONT",
    "FRAME",
    "INK",
    "LINE",
    "MUTED",
    "NOTE",
    "REMOVED",
    "SMALL",
    "UNCHANGED",
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
ADDED: Final = "#a8dcc6"
REMOVED: Final = "#f0b39c"
CHANGED: Final = "#fbe08a"
UNCHANGED: Final = "#f3f4f6"
"""Of what is different: bluish green, vermilion and yellow of Okabe, Ito 2008, lightened."""
_OTHER: Final = "#e9e4da"

_POOL: Final = "#cbe6d0"
_VALUE: Final = "#d3ebea"
_PLAIN: Final = "#f7f7f7"
_LINEAR: Final = "#d9d0ee"
_ARITHMETIC: Final = "#d5d9de"

_FAMILIES: Final = {
    "Convolutions and linear maps": "#c9ddf2",
    "Activations": "#fbdcc4",
    "Arithmetic": _ARITHMETIC,
    "Reductions": _POOL,
    "Comparisons": _ARITHMETIC,
    "Normalisations": "#ebedf0",
    "Pools": _POOL,
    "Layout": _PLAIN,
    "Randomness": _PLAIN,
    "Merges": _ARITHMETIC,
    "Constants": _VALUE,
    "Learned tensors": _VALUE,
    "Sequences": "#f3cfdb",
}
"""The fills of the families of the reference."""
_OF_ITS_OWN: Final = {
    "linear": _LINEAR,
    "drop_connect": _LINEAR,
    "upsample": _POOL,
    "gaussian_sample": _VALUE,
}


def fill_of(callee: Op | Function) -> str:
    """The fill of a row. Operators of other packages share one colour."""
    if isinstance(callee, Function):
        return BLOCK
    return _OF_ITS_OWN.get(callee.name) or _FAMILIES.get(family_of(callee.name) or "", _OTHER)
