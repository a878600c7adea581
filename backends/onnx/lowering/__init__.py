"""Lowerings: one per operator, by type. Importing this package registers all of them."""

from netlang.backends.onnx.lowering import (
    activation,
    adaptive,
    conv,
    layout,
    linear,
    merge,
    norm,
    pool,
    recurrent,
)
from netlang.backends.onnx.lowering.registry import UNSUPPORTED, lower, lowered

FAMILIES = (activation, adaptive, conv, layout, linear, merge, norm, pool, recurrent)

__all__ = ["FAMILIES", "UNSUPPORTED", "lower", "lowered"]
