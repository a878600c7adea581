"""Shapes and axes of tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.layouts import batch_axis, before, sizes_of
from netlang.backends.torch.importing.operators.alignment import seen_as
from netlang.backends.torch.importing.operators.places import taken_by_rows
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Argument, Maker, SourceTensor, Value
from netlang.backends.torch.importing.tables.constants import window_of_offsets
from netlang.ops.constants.listed import MOST_LISTED

__all__ = ["HANDLERS", "arranged", "axis_of", "permuted"]

# Places that a reader sees the rule of.
_READABLE = 256


def _reshape(call: Call) -> Made:
    return arranged(call, call.value("self"), call.shape)


def arranged(call: Call, value: Value, shape: Sequence[int]) -> Value:
    """A value in another shape of torch, with its elements in the same order."""
    minor = False
    if value.free and value.batch is None:
        batch, fold = None, 1
    else:
        batch, fold = batch_axis(shape)
        if value.batch is None or batch is None:
            raise NotSayable("a reshape that loses the batch")
        ahead = value.fold if value.minor else before(value.shape, value.batch)
        minor = ahead == fold > 1 and batch == 0
        if ahead != before(shape, batch) and not minor:
            raise NotSayable("a reshape that mixes the batch with axes in front of it")
    sizes = sizes_of(shape, batch, fold)
    if sizes == value.sizes:
        seen = seen_as(value, shape, batch, fold)
        seen.minor = batch is not None and minor
        return seen
    joined = _joined(value.sizes, sizes)
    if joined is not None:
        step = call.step("flatten", [value], joined)
    else:
        step = call.step("reshape", [value], {"shape": sizes})
    return Value(Maker(step), tuple(shape), sizes, batch, fold, value.free, minor)


def _joined(sizes: tuple[int, ...], wanted: tuple[int, ...]) -> dict[str, Argument] | None:
    """The arguments of `flatten` if it gives the wanted sizes."""
    gone = len(sizes) - len(wanted)
    if gone < 1:
        return None
    for start in range(len(wanted)):
        end = start + gone
        around = sizes[:start] == wanted[:start] and sizes[end + 1 :] == wanted[start + 1 :]
        if around and prod(sizes[start : end + 1]) == wanted[start]:
            return {"start": start, "end": -1 if end == len(sizes) - 1 else end}
    return None


def _permute(call: Call) -> Made:
    return permuted(call, call.value("self"), call.integers("dims"))


def _transpose(call: Call) -> Made:
    first = "dim0" if "dim0" in call.given else "axis0"
    rank = len(call.shape)
    axes = list(range(rank))
    a, b = call.integer(first) % rank, call.integer(first.replace("0", "1")) % rank
    axes[a], axes[b] = axes[b], axes[a]
    return permuted(call, call.value("self"), axes)


def _matrix_transpose(call: Call) -> Made:
    return permuted(call, call.value("self"), list(reversed(range(len(call.shape)))))


def _moved(call: Call) -> Made:
    rank = len(call.shape)
    sources, places = (
        [axis % rank for axis in call.integers(name)] for name in ("source", "destination")
    )
    order = [axis for axis in range(rank) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return permuted(call, call.value("self"), order)


def permuted(call: Call, value: Value, axes: Sequence[int]) -> Value:
    """A value with torch's axes in another order."""
    rank = len(value.shape)
    order = [axis % rank for axis in axes]
    batch = None if value.batch is None else order.index(value.batch)
    own = [value.axis(axis) for axis in order]
    spec = tuple(axis for axis in own if axis is not None)
    shape = tuple(value.shape[axis] for axis in order)
    if spec == tuple(range(len(spec))):
        return seen_as(value, shape, batch, value.fold)
    step = call.step("transpose", [value], {"axes": spec})
    sizes = tuple(value.sizes[axis] for axis in spec)
    return Value(Maker(step), shape, sizes, batch, value.fold, value.free)


def axis_of(value: Value, dim: int, doing: str) -> int:
    axis = value.axis(dim)
    if axis is None or dim % len(value.shape) == value.batch:
        raise NotSayable(f"{doing} of the batch")
    return axis


def _roll(call: Call) -> Made:
    value = call.value("self")
    axes = tuple(axis_of(value, dim, "a roll") for dim in call.integers("dims"))
    shifts = call.integers("shifts")
    if not axes:
        raise NotSayable("a roll of all elements")
    one = len(axes) == 1
    shift, along = (shifts[0], axes[0]) if one else (shifts, axes)
    return call.emit("roll", [value], {"shift": shift, "axes": along})


def _flip(call: Call) -> Made:
    value = call.value("self")
    for dim in call.integers("dims"):
        axis = axis_of(value, dim, "a flip")
        at = tuple(reversed(range(value.shape[dim])))
        value = call.emit("gather", [value], {"at": at, "axis": axis})
    return value


def _index(call: Call) -> Made:
    value = call.value("self")
    indices = call.given["indices"]
    assert isinstance(indices, list)
    used = [(dim, each) for dim, each in enumerate(indices) if each is not None]
    if len(used) != 1:
        raise NotSayable("places of several axes at once", "use `gather`")
    dim, at = used[0]
    axis = axis_of(value, dim, "places")
    if value.free and dim == 0 and len(value.shape) == 2 and value.batch is None:
        table = call.valued(at)
        words, size = value.shape
        if table.free:
            rows: dict[str, Argument] = {"words": words, "size": size, "weight": value}
            return call.emit("embedding", [table], rows)
    if not isinstance(at, SourceTensor):
        raise NotSayable("places that are computed")
    if at.tensor.dtype.is_floating_point or at.tensor.element_size() == 1:
        raise NotSayable("places that are truth values")
    if value.free and at.tensor.numel() > _READABLE and window_of_offsets(at.tensor) is None:
        taken = taken_by_rows(call, value, at.tensor, axis)
        if taken is not None:
            return taken
    if at.tensor.numel() > MOST_LISTED:
        long = f"a table of more than {MOST_LISTED} places"
        raise NotSayable(long, "use `embedding` with `weight`")
    return _gathered(call, value, at, axis)


def _gathered(call: Call, value: Value, at: SourceTensor, axis: int) -> Value:
    """The elements at places that are a table of any shape."""
    places = tuple(int(each) for each in at.tensor.reshape(-1).tolist())
    made = call.emit("gather", [value], {"at": places, "axis": axis})
    if at.tensor.dim() == 1:
        return made
    sizes = (*value.sizes[:axis], *at.tensor.shape, *value.sizes[axis + 1 :])
    return call.emit("reshape", [made], {"shape": sizes})


def _shuffle(op: str, name: str, argument: str = "factor") -> Handler:
    return lambda call: call.emit(op, [call.value("self")], {argument: call.integer(name)})


def _named(names: Sequence[str], handler: Handler) -> dict[str, Handler]:
    return {f"aten.{name}": handler for name in names}


HANDLERS: Mapping[str, Handler] = {
    **_named(
        [
            "view.default", "reshape.default", "flatten.using_ints", "unflatten.int",
            "squeeze.dim", "squeeze.dims", "squeeze.default", "unsqueeze.default",
            "reshape_as.default", "view_as.default", "_unsafe_view.default",
        ],
        _reshape,
    ),
    "aten.permute.default": _permute,
    **_named(["transpose.int", "swapaxes.default", "swapdims.default"], _transpose),
    **_named(
        ["movedim.int", "movedim.intlist", "moveaxis.int", "moveaxis.intlist"], _moved
    ),
    **_named(["t.default", "numpy_T.default"], _matrix_transpose),
    "aten.roll.default": _roll,
    "aten.flip.default": _flip,
    "aten.index.Tensor": _index,
    "aten.pixel_shuffle.default": _shuffle("pixel_shuffle", "upscale_factor"),
    "aten.channel_shuffle.default": _shuffle("channel_shuffle", "groups", "groups"),
    "aten.pixel_unshuffle.default": _shuffle("pixel_unshuffle", "downscale_factor"),
}  # fmt: skip
