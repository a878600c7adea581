"""Weights that are values: of learned tensors, and of other steps."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops.conv import Conv
from netlang.ops.linear import Linear
from netlang.ops.norm import GroupNorm, LayerNorm
from netlang.ops.tensor import Parameter
from netlang.records import replace
from tests.campaigns.generator.body import Body
from tests.campaigns.generator.model import Labelled, Value
from tests.campaigns.generator.steps import application, apply, kept, outputs_of

__all__ = ["given_weights", "tied"]


def given_weights(body: Body) -> bool:
    """A step whose weight, and perhaps its bias, are learned tensors."""
    op = None if body.loops or body.repeated else _layer(body)
    if op is None:
        return False
    apply(body, kept(body), label=True)
    before, x = body.hold(), body.value
    body.spec.used("weight as a value")
    body.spec.left -= 2
    names = []
    for weight in op.weights((x.type,)):
        learned = Parameter(shape=weight.shape, std=body.draw.near(0.3))
        mark, read = body.new_label(plain=True)
        body.line(f"{mark}: {application(body, learned)}")
        body.labels[read] = Labelled((Value(learned.infer(()).outputs[0]),))
        names.append(f"{weight.name}={read}")
    text = application(body, op)
    arguments = ", ".join(names)
    text = f"{text[:-1]}, {arguments})" if text.endswith(")") else f"{text}({arguments})"
    values = outputs_of(body, op, (x,))
    body.line(f"{before} -> {text.replace('(, ', '(')}")
    body.joinable = True
    body.current = values
    return True


def _layer(body: Body) -> Op | None:
    """A layer for the current value, whose type it keeps but for the channels or features."""
    x, draw = body.value.type, body.draw
    if not x.dtype.is_float or x.batch is None or not x.rank:
        return None
    first, last = x.shape[0], x.shape[-1]
    found: list[Op] = []
    if isinstance(last, int):
        found += [Linear(out=last, bias=draw.chance(0.5)), LayerNorm(bias=draw.chance(0.5))]
    if isinstance(first, int) and x.rank in (2, 3, 4):
        found += [Conv(out=first, kernel=3, pad=1, bias=draw.chance(0.5)), GroupNorm(groups=first)]
    return draw.pick(found) if found else None


def tied(body: Body) -> bool:
    """Two maps of the features with one weight."""
    x = body.value.type
    plain = not body.loops and not body.repeated and x.dtype.is_float and x.batch is not None
    last = x.shape[-1] if x.rank else None
    if not plain or not isinstance(last, int):
        return False
    body.spec.used("tied weight")
    body.spec.left -= 2
    first = Linear(out=last, bias=body.draw.chance(0.5))
    mark, read = body.new_label(plain=True)
    before = body.current
    body.line(f"{mark}: {application(body, first)}")
    body.labels[read] = Labelled(before, tuple(value.type for value in before))
    if body.draw.chance(0.5):
        body.line("relu")
        body.spec.operators.add("relu")
    again = replace(first, bias=body.draw.chance(0.5))
    bias = "" if again.bias else ", bias=false"
    body.line(f"linear({last}{bias}, weight={read}.weight)")
    body.joinable = True
    body.current = before
    return True
