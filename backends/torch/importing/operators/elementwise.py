"""Functions of each element, and what leaves values as they are."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.refusal import NotSayable, in_training
from netlang.backends.torch.importing.steps import Argument, BareWord, SourceTensor, Value

__all__ = ["HANDLERS"]

_PLAIN = {
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "silu": "silu",
    "hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish", "exp": "exp", "sin": "sin",
    "cos": "cos", "log": "log", "sqrt": "sqrt", "rsqrt": "rsqrt", "abs": "abs", "neg": "neg",
    "round": "round",
}  # fmt: skip


def _plain(op: str) -> Handler:
    return lambda call: call.emit(op, [call.value("self")])


def _with(op: str, **names: str) -> Handler:
    """An operator whose arguments are numbers of the node, by their names there."""

    def made(call: Call) -> Made:
        arguments: dict[str, Argument] = {
            name: call.number(argument) for name, argument in names.items()
        }
        return call.emit(op, [call.value("self")], arguments)

    return made


def _gelu(call: Call) -> Made:
    how = BareWord(str(call.given["approximate"]))
    return call.emit("gelu", [call.value("self")], {"approximate": how})


def _elu(call: Call) -> Made:
    if call.number("scale") != 1 or call.number("input_scale") != 1:
        raise NotSayable("a scaled ELU", "use `elu` and `scale`")
    return call.emit("elu", [call.value("self")], {"alpha": call.number("alpha")})


def _mish(call: Call) -> Made:
    value = call.value("self")
    soft = call.emit("tanh", [call.emit("softplus", [value])])
    return call.emit("mul", [value, soft])


def _square(call: Call) -> Made:
    return call.emit("pow", [call.value("self")], {"exponent": 2})


def _sign(call: Call) -> Made:
    """1 above 0 and -1 below: what a step at 0 gives, less what it gives for the negative."""
    value = call.value("self")
    above = call.emit("heaviside", [value])
    below = call.emit("heaviside", [call.emit("neg", [value])])
    return call.emit("sub", [above, below])


def _heaviside(call: Call) -> Made:
    at_zero = call.stored("values")
    if at_zero is None or at_zero.key or at_zero.tensor.numel() != 1:
        raise NotSayable("a step whose value at 0 is computed")
    number = float(at_zero.tensor)
    return call.emit("heaviside", [call.value("self")], {"at_zero": number})


def _erf(call: Call) -> Made:
    raise NotSayable("an erf outside of a GELU")


def _softmax(op: str) -> Handler:
    def made(call: Call) -> Made:
        value = call.value("self")
        axis = value.axis(call.integer("dim"))
        if axis is None:
            raise NotSayable("a softmax across examples")
        last = axis == len(value.sizes) - 1 and axis > 0
        return call.emit(op, [value], {"axis": -1 if last else axis})

    return made


def _clamp(call: Call) -> Made:
    bounds: dict[str, Argument] = {
        name: call.number(name) for name in ("min", "max") if call.given.get(name) is not None
    }
    return call.emit("clamp", [call.value("self")], bounds)


def _hardtanh(call: Call) -> Made:
    low, high = call.number("min_val"), call.number("max_val")
    if (low, high) == (0, 6):
        return call.emit("relu6", [call.value("self")])
    return call.emit("clamp", [call.value("self")], {"min": low, "max": high})


def _same(call: Call) -> Made:
    """The input itself."""
    held = _first(call)
    assert isinstance(held, Value | SourceTensor)
    return held


def _first(call: Call) -> object:
    """The first argument, which is called `self` or `input`."""
    return next(iter(call.given.values()))


def _dropout(call: Call) -> Made:
    """Dropout is kept, though the graph is one of evaluation: training the spec needs it."""
    p = call.number("p")
    if p == 0:
        return _same(call)
    if call.given["train"]:
        raise in_training("a dropout")
    return call.emit("dropout", [call.valued(_first(call))], {"p": p})


def _to(call: Call) -> Made:
    held = _first(call)
    wanted = call.given.get("dtype")
    if isinstance(held, SourceTensor) and not held.key and not held.tensor.is_floating_point():
        raise NotSayable("a table of whole numbers")  # it is said as what it becomes
    if isinstance(held, Value) and isinstance(wanted, torch.dtype):
        source = call.node.args[0]
        assert isinstance(source, torch.fx.Node)
        before = source.meta["val"].dtype
        if wanted is torch.float32 and not before.is_floating_point:
            return call.emit("to_float", [held])
        if before != wanted:
            raise NotSayable(f"a conversion from {before} to {wanted}")
    return _same(call)


def _filled(value: float) -> Handler:
    """A new tensor of one number, whatever the tensor that it is made after holds."""

    def made(call: Call) -> Made:
        result = call.node.meta["val"]
        return SourceTensor(
            "", torch.full(tuple(result.shape), value, dtype=result.dtype), False, False
        )

    return made


def _written(call: Call) -> Made:
    """What is written over a value of the same shape."""
    source = call.value("src")
    if source.shape != call.shape:
        raise NotSayable("a value that is written several times")
    return source


def _nothing(call: Call) -> Made:
    return ()


def _both(op: str, handler: Handler) -> dict[str, Handler]:
    """An operator and the one that writes its result into its input."""
    return {f"aten.{op}.default": handler, f"aten.{op}_.default": handler}


HANDLERS: Mapping[str, Handler] = {
    **{key: each for name, op in _PLAIN.items() for key, each in _both(name, _plain(op)).items()},
    **_both("leaky_relu", _with("leaky_relu", negative_slope="negative_slope")),
    "aten.softplus.default": _with("softplus", beta="beta", threshold="threshold"),
    **_both("gelu", _gelu), **_both("elu", _elu), **_both("mish", _mish),
    **_both("sign", _sign), **_both("heaviside", _heaviside), **_both("erf", _erf),
    **_both("hardtanh", _hardtanh), **_both("clamp", _clamp), **_both("clamp_min", _clamp),
    **_both("clamp_max", _clamp), **_both("square", _square), **_both("dropout", _dropout),
    **{f"aten.{name}.default": _filled(0) for name in ("new_zeros", "zeros_like")},
    **{f"aten.{name}.default": _filled(1) for name in ("new_ones", "ones_like")},
    "aten.zero_.default": _filled(0), "aten.copy_.default": _written,
    "aten.feature_dropout.default": _dropout,
    "aten.pow.Tensor_Scalar": _with("pow", exponent="exponent"),
    "aten.softmax.int": _softmax("softmax"),
    "aten.log_softmax.int": _softmax("log_softmax"),
    "aten.to.dtype": _to, "aten.to.dtype_layout": _to, "aten.to.device": _to,
    "aten.type_as.default": _same, "aten._assert_tensor_metadata.default": _nothing,
    **{
        f"aten.{name}.default": _same
        for name in ("contiguous", "clone", "alias", "detach", "detach_", "lift_fresh_copy")
    },
}  # fmt: skip
