"""Parts of tensors along an axis."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.layouts import sizes_of
from netlang.backends.torch.importing.operators.shapes import arranged, axis_of, permuted
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Argument, Maker, SourceTensor, Value
from netlang.ops.constants.listed import MOST_LISTED
from netlang.ops.split import MOST_PARTS

__all__ = ["HANDLERS"]


def _select(call: Call) -> Made:
    value = call.value("self")
    dim = call.integer("dim") % len(value.shape)
    return _picked(call, value, dim, call.integer("index"))


def _picked(call: Call, value: Value, dim: int, index: int) -> Value:
    axis = axis_of(value, dim, "one part")
    shape = (*value.shape[:dim], *value.shape[dim + 1 :])
    step = call.step("gather", [value], {"at": index, "axis": axis})
    sizes = (*value.sizes[:axis], *value.sizes[axis + 1 :])
    batch = value.batch
    if batch is not None and dim < batch:
        batch -= 1
    return Value(Maker(step), shape, sizes, batch, value.fold, value.free)


def _unbind(call: Call) -> Made:
    value = call.value("self")
    dim = call.integer("dim") % len(value.shape)
    return tuple(_picked(call, value, dim, index) for index in range(value.shape[dim]))


def _slice(call: Call) -> Made:
    value = call.value("self")
    dim = call.integer("dim") % len(value.shape)
    size, step = value.shape[dim], call.integer("step")
    start, end = (call.given[name] for name in ("start", "end"))
    first = 0 if start is None else call.integer("start")
    first = max(first + size, 0) if first < 0 else min(first, size)
    last = size if end is None else call.integer("end")
    last = max(last + size, 0) if last < 0 else min(last, size)
    return _part(call, value, dim, slice(first, last, step))


def _narrow(call: Call) -> Made:
    value = call.value("self")
    dim = call.integer("dim") % len(value.shape)
    first = call.integer("start") % value.shape[dim]
    return _part(call, value, dim, slice(first, first + call.integer("length"), 1))


def _part(call: Call, value: Value, dim: int, part: slice[int, int, int]) -> Made:
    """A part of an axis of torch."""
    size, first, last = value.shape[dim], part.start, part.stop
    if part == slice(0, size, 1):
        return value
    if last <= first:
        return SourceTensor("", torch.empty(call.shape), False, False)
    axis = axis_of(value, dim, "a part")
    stop: dict[str, Argument] = {} if last == size else {"stop": last}
    return call.emit("slice", [value], {"start": first, **stop, "axis": axis, "step": part.step})


def _split(call: Call) -> Made:
    value = call.value("self")
    dim = call.integer("dim") % len(value.shape)
    axis = axis_of(value, dim, "parts")
    parts = [tuple(each.shape) for each in call.node.meta["val"]]
    sizes = [shape[dim] for shape in parts]
    if len(sizes) == 1:
        return (value,)
    if len(sizes) > MOST_PARTS:
        return _cut_apart(call, value, axis, dim)
    even = all(size == sizes[0] for size in sizes[:-1]) and sizes[-1] <= sizes[0]
    wanted: Argument = sizes[0] if even else tuple(sizes)
    step = call.step("split", [value], {"size": wanted, "axis": axis})
    step.outputs = len(sizes)
    return tuple(
        Value(
            Maker(step, port), shape, sizes_of(shape, value.batch, value.fold),
            value.batch, value.fold, value.free,
        )
        for port, shape in enumerate(parts)
    )  # fmt: skip


def _cut_apart(call: Call, value: Value, axis: int, dim: int) -> tuple[Value, ...]:
    """The parts that a node gives, one by one: they are more than `split` has outputs."""
    found, start = list[Value](), 0
    for part in call.node.meta["val"]:
        stop = start + part.shape[dim]
        wanted = {"start": start, "stop": stop, "axis": axis}
        found.append(call.emit("slice", [value], wanted, shape=part.shape))
        start = stop
    return tuple(found)


def _windows(call: Call) -> Made:
    """Windows along an axis, which may overlap; their places are the last axis."""
    value = call.value("self")
    rank = len(value.shape)
    dim, size, step = call.integer("dimension") % rank, call.integer("size"), call.integer("step")
    axis = axis_of(value, dim, "windows")
    starts = range(0, value.shape[dim] - size + 1, step)
    if len(starts) * size > MOST_LISTED:
        raise NotSayable(f"windows of more than {MOST_LISTED} places")
    at = tuple(start + place for start in starts for place in range(size))
    before, behind = value.shape[:dim], value.shape[dim + 1 :]
    if at != tuple(range(value.shape[dim])):
        shape = (*before, len(at), *behind)
        value = call.emit("gather", [value], {"at": at, "axis": axis}, shape=shape)
    cut = arranged(call, value, (*before, len(starts), size, *behind))
    return permuted(call, cut, [*range(dim + 1), *range(dim + 2, rank + 1), dim + 1])


HANDLERS: Mapping[str, Handler] = {
    "aten.select.int": _select,
    "aten.unbind.int": _unbind,
    "aten.slice.Tensor": _slice,
    "aten.narrow.default": _narrow,
    "aten.chunk.default": _split,
    "aten.split.Tensor": _split,
    "aten.split_with_sizes.default": _split,
    "aten.split.sizes": _split,
    "aten.unfold.default": _windows,
}
