"""Sums, means and extremes along axes."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.operators.shapes import axis_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Value

__all__ = ["HANDLERS"]


_WORDS = {"amax": "a maximum", "amin": "a minimum", "mean": "a mean", "sum": "a sum"}


def _reduce(op: str) -> Handler:
    def made(call: Call) -> Made:
        value = call.value("self")
        dims = call.integers("dim") or tuple(range(len(value.shape)))
        axes = sorted(axis_of(value, dim, _WORDS[op]) for dim in dims)
        keep = bool(call.given["keepdim"])
        image = value.batch == 0 and len(value.sizes) > 1 and value.fold == 1
        if op == "mean" and keep and image and axes == list(range(1, len(value.sizes))):
            return call.emit("gap", [value])
        one = len(axes) == 1
        return call.emit(op, [value], {"axes": axes[0] if one else tuple(axes), "keep": keep})

    return made


def _extreme(op: str) -> Handler:
    """The largest or least numbers along an axis, of which nothing asks for the places."""
    reduced = _reduce(op)

    def made(call: Call) -> Made:
        known = call.folded(lists=True)
        if known is not None:
            return known
        if any(user.args[1] == 1 and user.users for user in call.node.users):
            raise NotSayable("the places of extremes")
        call.result = tuple(call.node.meta["val"][0].shape)
        return (reduced(call), ())

    return made


def _norm(call: Call) -> Made:
    """Euclidean lengths: the root of the sum of squares."""
    value = call.value("self")
    if call.number("ord") != 2:
        raise NotSayable("a norm that isn't Euclidean")
    squares = call.emit("pow", [value], {"exponent": 2}, shape=value.shape)
    axes = [axis_of(value, dim, "a length") for dim in call.integers("dim")]
    one = len(axes) == 1
    along = axes[0] if one else tuple(axes)
    total = call.emit("sum", [squares], {"axes": along, "keep": bool(call.given["keepdim"])})
    return call.emit("sqrt", [total])


def _variance(call: Call) -> Made:
    """The mean square of what is left without the mean; with a correction, of fewer numbers."""
    value = call.value("self")
    dims = call.integers("dim") if call.given["dim"] else tuple(range(len(value.shape)))
    axes = sorted(axis_of(value, dim, "a variance") for dim in dims)
    along = axes[0] if len(axes) == 1 else tuple(axes)
    places = {dim % len(value.shape) for dim in dims}
    kept = [1 if place in places else size for place, size in enumerate(value.shape)]
    mean = call.emit("mean", [value], {"axes": along, "keep": True}, shape=kept)
    apart = call.emit("sub", [value, mean], shape=value.shape)
    squares = call.emit("pow", [apart], {"exponent": 2}, shape=value.shape)
    found = call.emit("mean", [squares], {"axes": along, "keep": bool(call.given["keepdim"])})
    count = prod(value.shape[place] for place in places)
    fewer = count - _correction(call)
    if fewer <= 0:
        raise NotSayable("a variance of too few numbers")
    return found if fewer == count else call.emit("scale", [found], {"by": count / fewer})


def _correction(call: Call) -> float:
    """How many numbers fewer than there are the squares are divided by; usually 1."""
    if "unbiased" in call.given:
        return float(bool(call.given["unbiased"]))
    return 1.0 if call.given["correction"] is None else call.number("correction")


def _deviation(call: Call) -> Made:
    variance = _variance(call)
    assert isinstance(variance, Value)
    return call.emit("sqrt", [variance])


def _cumsum(call: Call) -> Made:
    value = call.value("self")
    return call.emit("cumsum", [value], {"axis": axis_of(value, call.integer("dim"), "sums")})


HANDLERS: Mapping[str, Handler] = {
    "aten.mean.dim": _reduce("mean"),
    "aten.sum.dim_IntList": _reduce("sum"),
    "aten.amax.default": _reduce("amax"),
    "aten.amin.default": _reduce("amin"),
    "aten.max.dim": _extreme("amax"),
    "aten.min.dim": _extreme("amin"),
    **dict.fromkeys(("aten.var.dim", "aten.var.correction"), _variance),
    **dict.fromkeys(("aten.std.dim", "aten.std.correction"), _deviation),
    "aten.linalg_vector_norm.default": _norm,
    "aten.cumsum.default": _cumsum,
}
