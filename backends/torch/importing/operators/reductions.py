"""Sums, means and extremes along axes."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.operators.shapes import axis_of
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS"]


def _reduce(op: str) -> Handler:
    def made(call: Call) -> Made:
        value = call.value("self")
        dims = call.integers("dim") or tuple(range(len(value.shape)))
        axes = sorted(axis_of(value, dim, "a sum") for dim in dims)
        keep = bool(call.given["keepdim"])
        image = value.batch == 0 and len(value.sizes) > 1 and value.fold == 1
        if op == "mean" and keep and image and axes == list(range(1, len(value.sizes))):
            return call.emit("gap", [value])
        one = len(axes) == 1
        return call.emit(op, [value], {"axes": axes[0] if one else tuple(axes), "keep": keep})

    return made


def _norm(call: Call) -> Made:
    """Euclidean lengths: the root of the sum of squares."""
    value = call.value("self")
    if call.number("ord") != 2:
        raise NotSayable("a norm that isn't Euclidean")
    squares = call.emit("pow", [value], {"exponent": 2}, shape=value.shape)
    axes = [axis_of(value, dim, "a sum") for dim in call.integers("dim")]
    one = len(axes) == 1
    along = axes[0] if one else tuple(axes)
    total = call.emit("sum", [squares], {"axes": along, "keep": bool(call.given["keepdim"])})
    return call.emit("sqrt", [total])


def _cumsum(call: Call) -> Made:
    value = call.value("self")
    return call.emit("cumsum", [value], {"axis": axis_of(value, call.integer("dim"), "sums")})


HANDLERS: Mapping[str, Handler] = {
    "aten.mean.dim": _reduce("mean"),
    "aten.sum.dim_IntList": _reduce("sum"),
    "aten.amax.default": _reduce("amax"),
    "aten.amin.default": _reduce("amin"),
    "aten.linalg_vector_norm.default": _norm,
    "aten.cumsum.default": _cumsum,
}
