"""Operators of several values, and arithmetic with numbers."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.fx import Node

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.operators.alignment import aligned, reshaped, without_axis
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import SourceTensor, Value

__all__ = ["HANDLERS", "concatenated"]


_COMPARISONS = {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal",
}  # fmt: skip


def _number(held: object) -> float | None:
    return held if isinstance(held, int | float) and not isinstance(held, bool) else None


def _binary(op: str) -> Handler:
    """`add`, `sub`, `mul`, `div`: with a number it is a `scale`."""

    def made(call: Call) -> Made:
        if call.given.get("rounding_mode") is not None:
            raise NotSayable("a quotient that is rounded")
        alpha = _number(call.given.get("alpha", 1))
        left, right = call.given["self"], call.given["other"]
        number = _number(right)
        if number is not None:
            return _scaled(call, op, number * (alpha if alpha is not None else 1))
        values = [call.valued(left), call.valued(right)]
        if alpha != 1:
            assert alpha is not None
            values[1] = call.emit("scale", [values[1]], {"by": alpha}, shape=values[1].shape)
        return call.emit(op, aligned(call, values, call.shape))

    return made


def _scaled(call: Call, op: str, number: float) -> Made:
    value = call.value("self")
    if op in ("add", "sub"):
        offset = number if op == "add" else -number
        return value if offset == 0 else call.emit("scale", [value], {"by": 1, "offset": offset})
    if op == "div" and not number:
        raise NotSayable("a quotient by 0")
    by = number if op == "mul" else 1 / number
    return value if by == 1 else call.emit("scale", [value], {"by": by})


def _reversed_sub(call: Call) -> Made:
    number = _number(call.given["other"])
    if number is None or call.given["alpha"] != 1:
        raise NotSayable("a difference with a factor")
    return call.emit("scale", [call.value("self")], {"by": -1, "offset": number})


def _merge(op: str) -> Handler:
    return lambda call: call.emit(
        op, aligned(call, [call.value("self"), call.value("other")], call.shape)
    )


def _compared(op: str) -> Handler:
    """A comparison with a value, or with a number."""

    def made(call: Call) -> Made:
        left, right = call.value("self"), call.given["other"]
        number = _number(right)
        if number is None:
            return call.emit(op, aligned(call, [left, call.valued(right)], call.shape))
        return call.emit(op, [left], {"to": number})

    return made


def _where(call: Call) -> Made:
    values = [call.value(name) for name in ("condition", "self", "other")]
    return call.emit("where", aligned(call, values, call.shape))


def _numbers(call: Call, name: str) -> Value:
    """Truth values as 1 and 0; other numbers are true where they aren't 0."""
    value = call.value(name)
    source = call.node.args[0 if name == "self" else 1]
    assert isinstance(source, Node)
    if source.meta["val"].dtype is not torch.bool:
        value = call.emit("not_equal", [value], {"to": 0}, shape=value.shape)
    return call.emit("to_float", [value], shape=value.shape)


def _not(call: Call) -> Made:
    return call.emit("equal", [_numbers(call, "self")], {"to": 0})


def _and(call: Call) -> Made:
    """Both are true where their product is 1."""
    return call.emit("equal", [_joined(call, "mul")], {"to": 1})


def _or(call: Call) -> Made:
    return call.emit("greater", [_joined(call, "add")], {"to": 0})


def _xor(call: Call) -> Made:
    return call.emit("equal", [_joined(call, "add")], {"to": 1})


def _of_truths(handler: Handler) -> Handler:
    """An operator on bits, for truth values alone."""

    def made(call: Call) -> Made:
        if call.node.meta["val"].dtype is not torch.bool:
            raise NotSayable("arithmetic on the bits of numbers")
        return handler(call)

    return made


def _joined(call: Call, op: str) -> Value:
    values = [_numbers(call, name) for name in ("self", "other")]
    return call.emit(op, aligned(call, values, call.shape))


def _matmul(call: Call) -> Made:
    names = ("self", "mat2") if "mat2" in call.given else ("self", "other")
    values = [call.value(name) for name in names]
    if any(len(each.shape) < 2 for each in values):
        raise NotSayable("a product with a vector", "use `einsum`")
    values = aligned(call, values, call.shape)
    if not values[0].free and (call.shape[-2] % BATCH == 0 or call.shape[-1] % BATCH == 0):
        raise NotSayable("a product across examples")
    return call.emit("matmul", values)


def _addmm(call: Call) -> Made:
    if call.number("alpha") != 1 or call.number("beta") != 1:
        raise NotSayable("a sum with a factor")
    both = [call.value("mat1"), call.value("mat2")]
    product = call.emit("matmul", aligned(call, both, call.shape))
    return call.emit("add", aligned(call, [product, call.value("self")], call.shape))


def _addcmul(call: Call) -> Made:
    if call.number("value") != 1:
        raise NotSayable("a sum with a factor")
    both = [call.value("tensor1"), call.value("tensor2")]
    product = call.emit("mul", aligned(call, both, call.shape))
    return call.emit("add", aligned(call, [call.value("self"), product], call.shape))


def _cat(call: Call) -> Made:
    held = call.given["tensors"]
    assert isinstance(held, list | tuple)
    values = [call.valued(each) for each in held if not _is_empty(each)]
    return concatenated(call, values, call.integer("dim"))


def _is_empty(held: object) -> bool:
    shape = held.tensor.shape if isinstance(held, SourceTensor) else getattr(held, "shape", ())
    return 0 in shape


def concatenated(call: Call, values: list[Value], dim: int) -> Value:
    """Values joined along an axis of torch."""
    if len(values) == 1:
        return values[0]
    with_batch = next((each for each in values if not each.free), None)
    lead = with_batch or values[0]
    axis = lead.axis(dim)
    if axis is None:
        raise NotSayable("examples joined with examples")
    if with_batch is not None and with_batch.batch is not None:
        place = with_batch.batch
        values = [
            without_axis(call, each, place) if each.free and with_batch.fold == 1 else each
            for each in values
        ]
        if any(each.batch != place for each in values if not each.free):
            raise NotSayable("values whose batch axes are different ones")
    return call.emit("concat", values, {"axis": axis})


def _stack(call: Call) -> Made:
    values = call.values("tensors")
    if any(each.free for each in values) and not all(each.free for each in values):
        raise NotSayable("a stack of examples and learned tensors")
    dim = call.integer("dim") % len(call.shape)
    lead = values[0]
    if lead.batch is not None and dim <= lead.batch and not lead.free:
        at = dim
    else:
        at = dim if lead.batch is None or lead.fold > 1 else dim - 1
    wide = [reshaped(call, each, (*each.sizes[:at], 1, *each.sizes[at:])) for each in values]
    return call.emit("concat", wide, {"axis": at})


def _einsum(call: Call) -> Made:
    values = call.values("tensors")
    formula = str(call.given["equation"]).replace(" ", "")
    inputs, _, output = formula.partition("->")
    words = inputs.split(",")
    batched = [
        (word[each.batch], each)
        for word, each in zip(words, values, strict=True)
        if not each.free and each.batch is not None
    ]
    letters = {letter for letter, _ in batched}
    folds = {(each.fold, each.minor) for _, each in batched}
    if "." in formula or len(letters) > 1 or len(folds) > 1:
        raise NotSayable("a product that mixes examples")
    if not letters:
        return call.emit("einsum", values, {"formula": formula})
    letter = letters.pop()
    if letter not in output:
        raise NotSayable("a sum over examples")
    if batched[0][1].fold > 1:
        # The letter is that of what is joined with the batch, such as heads.
        return call.emit("einsum", values, {"formula": formula})
    cut = ",".join(word.replace(letter, "") for word in words)
    return call.emit("einsum", values, {"formula": f"{cut}->{output.replace(letter, '')}"})


def _tensors(op: str, handler: Handler, *more: str) -> dict[str, Handler]:
    return {
        f"aten.{op}{written}.{kind}": handler
        for written in ("", "_")
        for kind in ("Tensor", "Scalar", *more)
    }


HANDLERS: Mapping[str, Handler] = {
    **_tensors("add", _binary("add")),
    **_tensors("sub", _binary("sub")),
    **_tensors("mul", _binary("mul")),
    **_tensors("div", _binary("div"), "Tensor_mode"),
    "aten.rsub.Scalar": _reversed_sub,
    "aten.maximum.default": _merge("max"),
    "aten.minimum.default": _merge("min"),
    "aten.matmul.default": _matmul,
    "aten.bmm.default": _matmul,
    "aten.addmm.default": _addmm,
    "aten.addcmul.default": _addcmul,
    "aten.cat.default": _cat,
    "aten.stack.default": _stack,
    "aten.einsum.default": _einsum,
    "aten.where.self": _where,
    "aten.logical_not.default": _not, "aten.logical_and.default": _and,
    "aten.logical_or.default": _or, "aten.logical_xor.default": _xor,
    "aten.bitwise_not.default": _of_truths(_not),
    **{
        f"aten.{name}.Tensor": _of_truths(handler)
        for word, handler in (("and", _and), ("or", _or), ("xor", _xor))
        for name in (f"bitwise_{word}", f"__{word}__")
    },
    **{
        f"aten.{name}.{kind}": _compared(op)
        for name, op in _COMPARISONS.items()
        for kind in ("Tensor", "Scalar")
    },
}  # fmt: skip
