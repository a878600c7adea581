"""Brings values to one batch axis and one rank, as torch's broadcasting does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from netlang.backends.torch.importing.call import Call
from netlang.backends.torch.importing.layouts import sizes_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Maker, Value

__all__ = ["aligned", "reshaped", "seen_as", "without_axis"]

_MOVED = "values whose batch axes are different ones"


def reshaped(call: Call, value: Value, sizes: Sequence[int]) -> Value:
    """A value in other sizes of the language; itself if they are the same."""
    wanted = tuple(sizes)
    if value.sizes == wanted:
        return value
    step = call.step("reshape", [value], {"shape": wanted})
    return Value(Maker(step), wanted, wanted, None, 1, value.free)


def seen_as(value: Value, shape: Sequence[int], batch: int | None, fold: int) -> Value:
    """The same value where torch has another shape, and the language the same."""
    assert sizes_of(shape, batch, fold) == value.sizes
    return Value(value.source, tuple(shape), value.sizes, batch, fold, value.free)


def without_axis(call: Call, value: Value, axis: int) -> Value:
    """A value without a batch axis, without its axis of size 1 that meets the batch."""
    if value.batch == axis and value.fold == 1:
        return value
    if value.shape[axis] != 1:
        raise NotSayable("a learned tensor with numbers of its own for each example")
    rest = (*value.shape[:axis], *value.shape[axis + 1 :])
    step = value.step
    if axis == 0 and step is not None and step.op == "parameter" and not _is_read(call, value):
        step.arguments = {**step.arguments, "shape": rest, "batch_axis": True}
        value.sizes, value.batch = rest, 0
        return value
    return reshaped(call, value, rest)


def _is_read(call: Call, value: Value) -> bool:
    """Whether a step after the one that makes a value reads it."""
    behind = takewhile(lambda step: step is not value.step, reversed(call.state.steps))
    return any(each.step is value.step for step in behind for each in step.read)


def aligned(call: Call, values: Sequence[Value], shape: Sequence[int]) -> list[Value]:
    """Values as inputs of one operator whose result has torch's `shape`."""
    rank = len(shape)
    with_batch = [each for each in values if not each.free]
    if not with_batch and call.state.batched:
        with_batch = [each for each in values if each.batch is not None]
    if not with_batch and call.state.batched:
        return list(values)
    if not with_batch:
        return [_of_rank(call, each, rank) for each in values]
    places = {rank - len(each.shape) + (each.batch or 0) for each in with_batch}
    if len(places) > 1 or any(each.batch is None for each in with_batch):
        raise NotSayable(_MOVED, "keep the batch in front")
    place = places.pop()
    fold = max(each.fold for each in with_batch)
    return [_aligned(call, each, rank, place, fold) for each in values]


def _of_rank(call: Call, value: Value, rank: int) -> Value:
    """A value of one example with as many axes as others; tables need none."""
    missing = rank - len(value.shape)
    if not missing or (value.step is not None and not value.step.read):
        return value
    return reshaped(call, value, (*(1,) * missing, *value.sizes))


def _aligned(call: Call, value: Value, rank: int, place: int, fold: int) -> Value:
    missing = rank - len(value.shape)
    if value.free:
        own = place - missing
        if own < 0 or fold > 1:
            return value
        return without_axis(call, value, own)
    if missing:
        return reshaped(call, value, (*(1,) * missing, *value.sizes))
    return value
