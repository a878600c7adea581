"""One lowering per operator, found by type. Importing this package registers all of them."""

from netlang.backends.onnx.lowering import (
    activation,
    adaptive,
    attention,
    constants,
    conv,
    cosine_window_attention,
    cut,
    elementary,
    layout,
    linear,
    merge,
    multi_axis_attention,
    norm,
    places,
    pool,
    recurrent,
    region,
    scaled_attention,
    tensor,
    window_attention,
)
from netlang.backends.onnx.lowering.registry import UNSUPPORTED, lower, lowered

FAMILIES = (
    activation, adaptive, attention, constants, conv, cosine_window_attention, cut, elementary,
    layout, linear, merge, multi_axis_attention, norm, places, pool, recurrent, region,
    scaled_attention, tensor,
    window_attention,
)  # fmt: skip

__all__ = ["FAMILIES", "UNSUPPORTED", "lower", "lowered"]
