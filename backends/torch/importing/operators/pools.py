"""Pools, upsampling and padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

import torch
from torch import Tensor

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.operators.alignment import aligned
from netlang.backends.torch.importing.operators.convolutions import in_front, kernel, window
from netlang.backends.torch.importing.operators.parts import as_one_image, by_channel
from netlang.backends.torch.importing.operators.shapes import arranged
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import (
    Argument,
    BareWord,
    Maker,
    SourceTensor,
    Value,
)
from netlang.ops.constants.listed import MOST_LISTED

__all__ = ["HANDLERS"]


# Arguments of a pool that undoing it has too.
_UNPOOLED = {"kernel", "stride", "pad"}
_MAXPOOLS = {f"aten.max_pool{n}d.default" for n in (1, 2, 3)}


def _windowed(call: Call, axes: int) -> dict[str, Argument]:
    sizes = call.integers("kernel_size")
    sizes = sizes * axes if len(sizes) == 1 else sizes
    found: dict[str, Argument] = {"kernel": kernel(sizes)}
    stride = call.integers("stride")
    if stride and window(stride, axes) != window(sizes, axes):
        found["stride"] = window(stride, axes)
    return {
        **found,
        "pad": window(call.integers("padding"), axes),
        "ceil": bool(call.given["ceil_mode"]),
    }


def _maxpool(call: Call) -> Value:
    value = in_front(call.value("self"))
    axes = len(value.shape) - 2
    dilation = window(call.integers("dilation"), axes)
    return call.emit("maxpool", [value], {"dilation": dilation, **_windowed(call, axes)})


def _maxpool_with_indices(call: Call) -> Made:
    call.result = tuple(call.node.meta["val"][0].shape)
    found = _maxpool(call)
    if not any(user.args[1] == 1 and user.users for user in call.node.users):
        return (found, ())
    assert found.step is not None
    found.step.arguments["return_indices"] = True
    found.step.outputs = 2
    indices = Maker(found.step, 1)
    return (found, Value(indices, found.shape, found.sizes, found.batch, found.fold))


def _max_unpool(call: Call) -> Made:
    """The pool that gave the indices has the window, which torch's operator isn't told."""
    value, places, sizes = call.value("self"), call.value("indices"), call.integers("output_size")
    shaped = places.step
    if shaped is None or shaped.op != "reshape" or places.sizes[-1] != 1 or sizes[-1] != 1:
        return _unpooled(call, in_front(value), places, sizes, call.shape)
    signal = shaped.inputs[0]
    if signal.sizes != places.sizes[:-1]:
        raise NotSayable("indices that don't come from a pool")
    # PyTorch sees a signal as an image of width 1, whose places are the same.
    given = arranged(call, value, value.shape[:-1])
    return arranged(call, _unpooled(call, given, signal, sizes[:-1], call.shape[:-1]), call.shape)


def _unpooled(
    call: Call, value: Value, places: Value, sizes: tuple[int, ...], shape: tuple[int, ...]
) -> Value:
    pool = places.step
    if pool is None or pool.op != "maxpool":
        raise NotSayable("indices that don't come from a pool")
    kept = {name: each for name, each in pool.arguments.items() if name in _UNPOOLED}
    return call.emit("max_unpool", [value, places], {**kept, "size": sizes}, shape=shape)


def _avgpool(call: Call) -> Made:
    value = in_front(call.value("self"))
    if call.given.get("divisor_override") is not None:
        raise NotSayable("a mean with a divisor of its own")
    counted = bool(call.given["count_include_pad"])
    axes = len(value.shape) - 2
    arguments = {"count_include_pad": counted, **_windowed(call, axes)}
    return call.emit("avgpool", [value], arguments)


def _adaptive(call: Call) -> Made:
    value = in_front(call.value("self"))
    sizes = call.integers("output_size")
    if set(sizes) == {1}:
        return call.emit("gap", [value])
    return call.emit("adaptive_avgpool", [value], {"out": kernel(sizes)})


def _adaptive_max(call: Call) -> Made:
    value = in_front(call.value("self"))
    sizes = call.integers("output_size")
    shape = tuple(call.node.meta["val"][0].shape)
    if set(sizes) == {1}:
        found = call.emit("global_maxpool", [value], shape=shape)
    else:
        found = call.emit("adaptive_maxpool", [value], {"out": kernel(sizes)}, shape=shape)
    return (found, ())


def _upsample(mode: str) -> Handler:
    def made(call: Call) -> Made:
        value = in_front(call.value("input"))
        before, after = value.shape[2:], call.shape[2:]
        arguments: dict[str, Argument] = {"mode": BareWord(mode)}
        if mode != "nearest":
            arguments["align_corners"] = bool(call.given["align_corners"])
        if all(new % old == 0 for new, old in zip(after, before, strict=True)):
            times = tuple(new // old for new, old in zip(after, before, strict=True))
            return call.emit("upsample", [value], {"scale": window(times, len(times)), **arguments})
        return call.emit("upsample", [value], {"size": after, **arguments})

    return as_one_image(made)


def _smoothed(call: Call) -> Made:
    """Another size with smoothing: a product with a table along each axis that changes.

    PyTorch computes each axis by itself, and so says what its table is: what becomes of the rows of
    an identity. The widths are first, as there.
    """
    value = in_front(call.value("input"))
    after = call.shape[2:]
    for axis in (1, 0):
        if value.shape[2 + axis] == after[axis]:
            continue
        table = _weights_along(call, axis, value.shape[2 + axis], after[axis])
        known = SourceTensor("", table.T.contiguous() if axis else table, False, False)
        shape = (
            *value.shape[:2],
            *value.shape[2 : 2 + axis],
            after[axis],
            *value.shape[3 + axis :],
        )
        both = (value, call.valued(known)) if axis else (call.valued(known), value)
        value = call.emit("matmul", aligned(call, both, shape), shape=shape)
    return value


def _weights_along(call: Call, axis: int, before: int, after: int) -> Tensor:
    """For each place of an axis after a resize, how much each place before it counts."""
    if before * after > MOST_LISTED:
        raise NotSayable(f"a table of more than {MOST_LISTED} numbers, by which a size changes")
    size = call.given["output_size"] and [before, after]
    factors = call.given["scale_factors"]
    factors = [1.0, factors[axis]] if isinstance(factors, list | tuple) else None
    rows = torch.eye(before).reshape(1, 1, before, before)
    assert callable(call.node.target)
    with torch.no_grad():
        found: Tensor = call.node.target(rows, size, bool(call.given["align_corners"]), factors)
    return found.reshape(before, after).T.contiguous()


def _pad(call: Call) -> Made:
    value = in_front(call.value("self"))
    amounts = call.integers("pad")
    batch = value.shape[: 0 if value.batch is None else 1]
    axes = len(value.sizes) - 1
    places = [place // 2 for place, amount in enumerate(amounts) if amount]
    most = max(places, default=0)
    if most > axes:
        raise NotSayable("padding of examples")
    if most < axes:
        return _padded(call, value, amounts, call.shape)
    if axes == 3:
        raise NotSayable("padding of the channels of volumes", "join zeros with `concat`")
    # Channels are padded as the first axis of images that have one channel.
    shape = (*batch, 1, *value.sizes)
    alone = call.emit("reshape", [value], {"shape": (1, *value.sizes)}, shape=shape)
    wide = call.shape[len(batch) :]
    around = _padded(call, alone, amounts, (*batch, 1, *wide))
    return call.emit("reshape", [around], {"shape": wide})


def _padded(call: Call, value: Value, amounts: Sequence[int], shape: Sequence[int]) -> Value:
    """A value with other borders of all axes after its channels, as torch counts them."""
    mode = str(call.given.get("mode", "constant"))
    held = call.given.get("value")
    number = held if isinstance(held, int | float) else 0
    axes = len(value.sizes) - 1
    front = len(value.shape) - axes
    before = [0] * axes
    after = [0] * axes
    for place in range(min(len(amounts) // 2, axes)):
        before[-1 - place], after[-1 - place] = amounts[2 * place], amounts[2 * place + 1]
    for axis in range(axes):
        value = _cut(call, value, axis + front, max(-before[axis], 0), max(-after[axis], 0))
    before, after = ([max(each, 0) for each in amounts] for amounts in (before, after))
    if number == -inf and all(str(user.target) in _MAXPOOLS for user in call.node.users):
        number = torch.finfo(torch.float32).min
    if number in (inf, -inf):
        raise NotSayable("padding with infinity", "give the pool its own padding")
    if not any((*before, *after)):
        return value
    sides = _sides(tuple(before), tuple(after))
    arguments = {**sides, "mode": BareWord(mode), "value": number}
    return call.emit("pad", [value], arguments, shape=shape)


def _cut(call: Call, value: Value, dim: int, first: int, last: int) -> Value:
    """A value without its first and last places along an axis."""
    if not first and not last:
        return value
    end = value.shape[dim] - last
    shape = (*value.shape[:dim], end - first, *value.shape[dim + 1 :])
    part: dict[str, Argument] = {"start": first, **({"stop": end} if last else {})}
    axis = value.axis(dim)
    assert axis is not None
    return call.emit("slice", [value], {**part, "axis": axis}, shape=shape)


def _sides(before: tuple[int, ...], after: tuple[int, ...]) -> dict[str, Argument]:
    found = {"before": window(before, len(before))}
    if before != after:
        found["after"] = window(after, len(after))
    return found


HANDLERS: Mapping[str, Handler] = {
    **{f"aten.max_pool{n}d.default": by_channel(_maxpool) for n in (1, 2, 3)},
    **{f"aten.max_pool{n}d_with_indices.default": _maxpool_with_indices for n in (1, 2, 3)},
    "aten.max_unpool2d.default": _max_unpool,
    "aten.max_unpool3d.default": _max_unpool,
    **{f"aten.avg_pool{n}d.default": by_channel(_avgpool) for n in (1, 2, 3)},
    **{f"aten.adaptive_avg_pool{n}d.default": _adaptive for n in (1, 2, 3)},
    "aten.adaptive_max_pool2d.default": _adaptive_max,
    "aten.upsample_nearest1d.vec": _upsample("nearest"),
    "aten.upsample_nearest2d.vec": _upsample("nearest"),
    "aten.upsample_nearest3d.vec": _upsample("nearest"),
    "aten.upsample_linear1d.vec": _upsample("linear"),
    "aten.upsample_bilinear2d.vec": _upsample("bilinear"),
    "aten.upsample_trilinear3d.vec": _upsample("trilinear"),
    "aten.upsample_bicubic2d.vec": _upsample("bicubic"),
    "aten._upsample_bicubic2d_aa.vec": as_one_image(_smoothed),
    "aten._upsample_bilinear2d_aa.vec": as_one_image(_smoothed),
    "aten.pad.default": by_channel(_pad),
    "aten.constant_pad_nd.default": by_channel(_pad),
}
