"""Operators of images where a value holds several of them for each example, as windows or heads.

In the language their number is an axis in front of the channels. What treats each channel by
itself takes them for more channels; what mixes channels has them as one more axis of the image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.operators.alignment import reshaped
from netlang.backends.torch.importing.steps import Maker, Value

__all__ = ["as_one_image", "by_channel", "channels_first", "has_parts"]


def has_parts(value: Value) -> bool:
    """Whether an example has several images, whose number is an axis in front of the channels."""
    return value.fold > 1 and value.batch == 0 and len(value.sizes) > 1


def by_channel(handler: Handler) -> Handler:
    """A handler of an operator that treats each channel by itself, for several images too."""

    def made(call: Call) -> Made:
        value = call.given["self"]
        if not isinstance(value, Value) or not has_parts(value):
            return handler(call)
        kept = value.sizes[: 2 if len(value.sizes) > 2 else 1]
        joined = reshaped(call, value, (prod(kept), *value.sizes[len(kept) :]))
        result = (BATCH, prod(kept), *call.shape[len(kept) :])
        whole = Value(joined.source, (BATCH, *joined.sizes), joined.sizes, 0)
        each = handler(Call(call.state, call.node, {**call.given, "self": whole}, result))
        assert isinstance(each, Value)
        apart = reshaped(call, each, (*kept, *each.sizes[1:]))
        return _seen(call, apart.source, apart.sizes, value)

    return made


def as_one_image(handler: Handler) -> Handler:
    """A handler that takes a table of one image, too, whose batch axis the language has not."""

    def made(call: Call) -> Made:
        value = call.value("input")
        if not _is_one_image(call, value):
            return handler(call)
        image = reshaped(call, value, value.sizes[1:])
        whole = Value(image.source, (BATCH, *image.sizes), image.sizes, 0, free=True)
        result = (BATCH, *call.shape[1:])
        each = handler(Call(call.state, call.node, {**call.given, "input": whole}, result))
        assert isinstance(each, Value)
        back = reshaped(call, each, call.shape)
        return Value(back.source, call.shape, call.shape, None, 1, True)

    return made


def _is_one_image(call: Call, value: Value) -> bool:
    plain = value.free and value.batch is None and call.state.batched
    return plain and len(value.shape) > 2 and value.shape[0] == 1


def channels_first(call: Call, value: Value, does: Callable[[Value], Value]) -> Value:
    """What an operator gives for several images, whose number it is given after the channels."""
    turned = _turned(call, value, value.sizes)
    done = does(Value(turned.source, (BATCH, *turned.sizes), turned.sizes, 0))
    back = _turned(call, done, done.sizes)
    return _seen(call, back.source, back.sizes, value)


def _turned(call: Call, value: Value, sizes: Sequence[int]) -> Value:
    order = (1, 0, *range(2, len(sizes)))
    step = call.step("transpose", [value], {"axes": order})
    turned = tuple(sizes[axis] for axis in order)
    return Value(Maker(step), turned, turned, None)


def _seen(call: Call, source: Maker, sizes: tuple[int, ...], before: Value) -> Value:
    """The result of a node, laid out as the value that it reads."""
    return Value(source, call.shape, sizes, 0, before.fold, before.free, before.minor)
