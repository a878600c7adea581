"""Functions that need values of a kind, with the steps that make them so."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ir.types import DType
from netlang.ops.activation import Sigmoid, Softplus, Tanh
from netlang.ops.compare import Where
from netlang.ops.merge import Add, Div
from netlang.ops.scale import Scale
from netlang.ops.unfold import Unfold
from tests.campaigns.generator.body import Body
from tests.campaigns.generator.model import Labelled, Value
from tests.campaigns.generator.rules import STEPS
from tests.campaigns.generator.rules.arithmetic import bounded, positive
from tests.campaigns.generator.rules.places import comparison, fold_of
from tests.campaigns.generator.steps import Chosen, application, apply, kept, merged, outputs_of

__all__ = ["chosen", "divided", "elementary", "folded", "kept_for_later"]


def elementary(body: Body) -> bool:
    """`tanh -> exp`, `softplus -> scale(1, offset=0.5) -> log`, which no later step may reuse."""
    if not body.value.type.dtype.is_float:
        return False
    if body.draw.chance(0.4):
        _steps(body, body.draw.pick((Tanh(), Sigmoid())), bounded(body.draw), label=False)
    else:
        _steps(body, *_positive(body), positive(body.draw), label=False)
    return True


def _positive(body: Body) -> tuple[Op, Op]:
    # A sigmoid may be a parameter of a block, which another call gives a tanh.
    return Softplus(), Scale(by=body.draw.whole(1, 8) / 4, offset=body.draw.whole(1, 4) / 4)


def _steps(body: Body, *ops: Op, label: bool | None = None) -> None:
    for op in ops:
        named = label if op is ops[-1] else False
        apply(body, Chosen(op, outputs_of(body, op, body.current)), label=named)


def divided(body: Body) -> bool:
    """`(a, b) -> div`, where b is positive."""
    x = body.value
    if body.repeated or not x.type.dtype.is_float or x.type.batch is None:
        return False
    apply(body, kept(body), label=True)
    above = body.hold()
    _steps(body, *_positive(body), label=True)
    merged(body, (above, body.hold()), Div(), (x,))
    return True


def folded(body: Body) -> bool:
    """`unfold -> fold`, back to the size of the image."""
    x = body.value
    op = STEPS["unfold"](body.draw, x)
    fixed = all(isinstance(dim, int) for dim in x.type.shape)
    if not isinstance(op, Unfold) or not fixed:
        return False
    if not body.spec.small(op.infer((x.type,)).outputs):
        return False
    _steps(body, op, fold_of(op, x))
    return True


def chosen(body: Body) -> bool:
    """`c: greater(0)`, `(c, a, b) -> where`."""
    x = body.value
    if body.repeated or x.type.batch is None or x.type.dtype is DType.BOOL:
        return False
    apply(body, kept(body), label=True)
    first = body.hold()
    body.start(first, (x,))
    apply(body, kept(body), label=True)
    second = body.hold()
    if body.draw.chance(0.5):
        body.start(first, (x,))
        _steps(body, comparison(body.draw, x, number=True), label=True)
        condition = body.hold()
    else:
        op = comparison(body.draw, x, number=False)
        mark, condition = body.new_label(plain=True)
        body.line(f"({first}, {second}) -> {mark}: {application(body, op)}")
        truth = Value(op.infer((x.type, x.type)).outputs[0], x.below)
        body.labels[condition] = Labelled((truth,))
    merged(body, (condition, first, second), Where(), (x,))
    return True


def kept_for_later(body: Body) -> bool:
    """`tanh`, `a: here`, `b: relu`, `gelu`, `(here, a, b) -> add`: `a` names no step of its own."""
    x = body.value
    if body.repeated or body.dead or not x.type.dtype.is_float or x.type.batch is None:
        return False
    apply(body, kept(body), label=False)
    mark, early = body.new_label(plain=True)
    body.spec.used("here")
    body.line(f"{mark}: here")
    body.labels[early] = Labelled((x,))
    apply(body, kept(body), label=True)
    labelled = body.hold()
    apply(body, kept(body), label=False)
    merged(body, body.draw.shuffled(("here", early, labelled)), Add(), (x,))
    return True
