"""The meaning of a value's axes, as far as the steps that made it show.

The result of a convolution, or of a global pool of an input, has its channels first, and so has
everything that is pooled or computed from it element by element. Once axes are moved or merged,
nothing is known any more, so that no rule warns about nets that reorder axes on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from netlang.advice.pictures import COLOURS, SMALLEST
from netlang.ir.dims import Dim, evaluate
from netlang.ir.op import Op
from netlang.ir.program import Port

__all__ = ["CONVOLUTIONS", "KEEPING", "SPATIAL", "AxisLayout", "declared", "made_by"]

CONVOLUTIONS = frozenset(("conv", "conv_transpose"))

SPATIAL = frozenset((
    "adaptive_avgpool", "adaptive_maxpool", "avgpool", "conv", "conv_transpose", "global_avgpool",
    "global_maxpool", "max_unpool", "maxpool", "upsample",
))  # fmt: skip
"""What reads the first axis of its input as the channels and the others as places, by name: an
operator's module is loaded only where a spec has it."""

_GLOBAL = frozenset(("global_avgpool", "global_maxpool"))

KEEPING = frozenset((
    "abs", "add", "batch_norm", "clamp", "concat", "cos", "crop", "div", "drop_connect", "dropout",
    "elu", "exp", "frozen_batch_norm", "gelu", "group_norm", "hard_sigmoid", "hard_swish",
    "heaviside", "identity", "instance_norm", "leaky_relu", "local_response_norm", "log",
    "log_softmax", "max", "min", "mul", "neg", "pad", "pow", "prelu", "relu", "relu6", "rms_norm",
    "roll", "round", "rsqrt", "scale", "sigmoid", "silu", "sin", "softmax", "softplus", "sqrt",
    "stochastic_depth", "sub", "switchable_norm", "tanh",
))  # fmt: skip
"""Operators that keep the meaning of the axes."""


class AxisLayout(Enum):
    """`CHANNELS_LAST` is a net's input that was probably declared this way by mistake.

    `DECLARED` is that of an input whose shape tells nothing: no step has moved its axes.
    `CHANNELS_APART` is that of an image whose places are one axis, beside that of the channels.
    """

    UNKNOWN = auto()
    DECLARED = auto()
    CHANNELS_FIRST = auto()
    CHANNELS_LAST = auto()
    CHANNELS_APART = auto()


def declared(port: Port, defaults: Mapping[str, int]) -> AxisLayout:
    """The layout that a net's input has by its shape, with symbols at their default sizes."""
    shape = port.type.shape
    if len(shape) != 3 or not port.type.dtype.is_float:
        return AxisLayout.DECLARED if port.type.dtype.is_float else AxisLayout.UNKNOWN
    first, middle, last = (_at(size, defaults) for size in shape)
    if first in COLOURS and min(middle, last) >= SMALLEST:
        return AxisLayout.CHANNELS_FIRST
    if last in COLOURS and min(first, middle) >= SMALLEST and (last == 3 or first == middle):
        return AxisLayout.CHANNELS_LAST
    return AxisLayout.DECLARED


def _at(size: Dim, defaults: Mapping[str, int]) -> int:
    return evaluate(size, defaults)


def made_by(op: Op, inputs: tuple[AxisLayout, ...]) -> AxisLayout:
    """The layout of an operator's output."""
    if op.name in CONVOLUTIONS:
        return AxisLayout.CHANNELS_FIRST
    if op.name in SPATIAL:  # pools run on tokens, too: nothing tells them from an image
        if inputs[0] is AxisLayout.CHANNELS_APART:
            return AxisLayout.UNKNOWN
        unknown = inputs[0] is AxisLayout.UNKNOWN
        if inputs[0] is AxisLayout.DECLARED:  # nobody maps the one place that a global pool leaves
            unknown = op.name not in _GLOBAL
        return inputs[0] if unknown else AxisLayout.CHANNELS_FIRST
    if op.name in KEEPING:
        known = {
            AxisLayout.CHANNELS_FIRST, AxisLayout.CHANNELS_LAST, AxisLayout.CHANNELS_APART,
        }  # fmt: skip
        found = next((each for each in inputs if each in known), None)
        if found is None and all(each is AxisLayout.DECLARED for each in inputs):
            return AxisLayout.DECLARED
        return found or AxisLayout.UNKNOWN
    if inputs == (AxisLayout.CHANNELS_FIRST,) and _joins_places(op):
        return AxisLayout.CHANNELS_APART
    return AxisLayout.UNKNOWN


def _joins_places(op: Op) -> bool:
    """Whether it is `flatten(1)`, by name as above."""
    joined = getattr(op, "start", None), getattr(op, "end", None)
    return op.name == "flatten" and joined == (1, -1)
