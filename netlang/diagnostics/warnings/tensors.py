"""Warnings about steps that mistake what their input is: W0201 to W0206."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Caution

__all__ = [
    "ArgumentOrder", "BatchInShape", "ChannelsLast", "ConcatAxis", "LinearOfImage", "SoftmaxAxis",
    "is_about_tensors",
]  # fmt: skip


class LinearOfImage(Caution):
    """`what` is an image or a signal, `size` its last axis."""

    code: ClassVar[str] = "W0201"
    title: ClassVar[str] = "`linear` maps only the last axis of this {what}"
    caption: ClassVar[str] = "{received} becomes {result}: the last axis, {size}, is mapped"
    help: ClassVar[str] = "{advice}"

    what: str
    received: str
    result: str
    size: str
    advice: str = "write `flatten` before it to map the whole of it"


class ArgumentOrder(Caution):
    code: ClassVar[str] = "W0202"
    title: ClassVar[str] = "the arguments of `{operator}` seem to be in PyTorch's order"
    caption: ClassVar[str] = "this is {meaning}"
    help: ClassVar[str] = "the input's {what} aren't written: {instead}"

    operator: str
    meaning: str
    what: str
    instead: str


class SoftmaxAxis(Caution):
    code: ClassVar[str] = "W0203"
    title: ClassVar[str] = "`{operator}` goes along the {axis} of this image, not its channels"
    caption: ClassVar[str] = "axis 1 of {received}, {size}; the channels are axis 0"
    help: ClassVar[str] = "write `{operator}(0)`: the batch isn't an axis here"

    operator: str
    axis: str
    received: str
    size: str


class ConcatAxis(Caution):
    """`axis` is the height of an image, or the depth of a volume."""

    code: ClassVar[str] = "W0206"
    title: ClassVar[str] = "`concat(axis=1)` joins these images along their {axis}"
    caption: ClassVar[str] = "axis 1 of {received}; the channels are axis 0"
    help: ClassVar[str] = (
        "write `concat`, which joins the channels: the batch isn't an axis here; "
        "the {axis} is `axis={instead}` too"
    )

    axis: str
    received: str
    instead: str


class ChannelsLast(Caution):
    code: ClassVar[str] = "W0204"
    title: ClassVar[str] = "the channels of input `{name}` seem to stand last"
    caption: ClassVar[str] = "this is {channels} channels, {height} high and {width} wide"
    help: ClassVar[str] = "channels come first: write `{instead}`"

    name: str
    channels: str
    height: str
    width: str
    instead: str


class BatchInShape(Caution):
    code: ClassVar[str] = "W0205"
    title: ClassVar[str] = "the shape of input `{name}` seems to begin with the batch"
    caption: ClassVar[str] = (
        "this is {channels} of a volume, {depth} deep, {height} high and {width} wide"
    )
    help: ClassVar[str] = "the batch isn't written: `{instead}`"

    name: str
    channels: str
    depth: str
    height: str
    width: str
    instead: str


_CODES = frozenset(
    each.code
    for each in (LinearOfImage, ArgumentOrder, SoftmaxAxis, ConcatAxis, ChannelsLast, BatchInShape)
)


def is_about_tensors(code: str) -> bool:
    """Whether a code is that of one of these warnings, which depend on what steps compute."""
    return code in _CODES
