"""Values that are repeated along axes, or are the same for all examples."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.layouts import BATCH, batch_axis, sizes_of
from netlang.backends.torch.importing.operators.alignment import reshaped, seen_as, without_axis
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Maker, Value

__all__ = ["HANDLERS"]


def _expand(call: Call) -> Made:
    return _expanded(call, call.value("self"))


def _tiled(call: Call) -> Made:
    """A learned tensor several times in a row along axes, and the same for all examples."""
    value = call.value("self")
    if not value.free or value.batch is not None:
        raise NotSayable("a value that is repeated")
    times = call.integers("repeats" if "repeats" in call.given else "dims")
    for axis, count in enumerate(times, len(value.shape) - len(times)):
        if axis >= 0 and count != 1 and count % BATCH:
            before, behind = value.shape[:axis], value.shape[axis:]
            wide = reshaped(call, value, (*before, 1, *behind))
            step = call.step("expand", [wide], {"shape": (*before, count, *behind)})
            whole = Value(Maker(step), (), (*before, count, *behind), None, 1, True)
            value = reshaped(call, whole, (*before, count * behind[0], *behind[1:]))
    return _expanded(call, value)


def _expanded(call: Call, value: Value) -> Made:
    shape = call.shape
    batch, fold = batch_axis(shape)
    missing = len(shape) - len(value.shape)
    if not value.free:
        if missing:
            raise NotSayable("new axes in front of the batch")
        sizes = sizes_of(shape, batch, fold)
        return value if sizes == value.sizes else call.emit("expand", [value], {"shape": sizes})
    if batch is None:
        if shape == value.shape:
            return value
        return call.emit("expand", [value], {"shape": shape})
    own = batch - missing
    kept = without_axis(call, value, own) if own >= 0 and fold == 1 else value
    sizes = sizes_of(shape, batch, fold)
    if kept.sizes == sizes:
        return seen_as(kept, shape, batch, fold)
    step = call.step("expand", [kept], {"shape": sizes})
    return Value(Maker(step), shape, sizes, batch, fold, True)


def _repeated(call: Call) -> Made:
    """Each part along an axis several times in a row; each example so is an axis of its own."""
    value = call.value("self")
    if call.given["dim"] is None:
        raise NotSayable("a repetition of all elements")
    times, axis = call.integer("repeats"), value.axis(call.integer("dim"))
    at = value.batch if axis is None else axis + 1
    before, after = value.sizes[:at], value.sizes[at:]
    wide = reshaped(call, value, (*before, 1, *after))
    step = call.step("expand", [wide], {"shape": (*before, times, *after)})
    made = Value(Maker(step), call.shape, (*before, times, *after), None, 1, value.free)
    batch, fold = batch_axis(call.shape)
    made = reshaped(call, made, sizes_of(call.shape, batch, fold))
    return Value(made.source, call.shape, made.sizes, batch, fold, value.free)


HANDLERS: Mapping[str, Handler] = {
    **{f"aten.{name}.default": _expand for name in ("expand", "expand_as")},
    **{f"aten.{name}.default": _tiled for name in ("repeat", "tile")},
    "aten.repeat_interleave.self_int": _repeated,
}
