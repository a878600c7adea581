"""Exchange of channels and places, and permutation of channels."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import Lowered, layer, lower, number
from netlang.backends.torch.python.tree import dotted
from netlang.ir.types import Types
from netlang.ops.shuffle import ChannelShuffle, PixelShuffle

__all__: list[str] = []


@lower.register
def _pixel_shuffle(op: PixelShuffle, inputs: Types, outputs: Types) -> Lowered:
    factor = number(op.factor, "upscale_factor")
    return layer(dotted("nn.PixelShuffle"), dotted("F.pixel_shuffle"), factor)


@lower.register
def _channel_shuffle(op: ChannelShuffle, inputs: Types, outputs: Types) -> Lowered:
    groups = number(op.groups, "groups")
    return layer(dotted("nn.ChannelShuffle"), dotted("F.channel_shuffle"), groups)
