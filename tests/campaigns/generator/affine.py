"""Affine steps around a map, which the passes for deployment fold into it."""

from __future__ import annotations

from netlang.ops.merge import Add
from tests.campaigns.generator.body import Body
from tests.campaigns.generator.rules import STEPS
from tests.campaigns.generator.steps import apply, fitting, merged

__all__ = ["around_a_map"]

AFFINE = ("batch_norm", "frozen_batch_norm", "scale")
MAPS = ("conv", "conv", "conv", "conv_transpose", "linear")


def around_a_map(body: Body) -> bool:
    """`bn -> conv(4, 3, pad=1) -> scale(2) -> bn`, or a map that a norm and a sum read."""
    before = sum(_step(body, AFFINE) for _ in range(body.draw.whole(0, 2)))
    apart = not body.repeated and body.draw.chance(0.3)
    if not _step(body, MAPS, label=apart):
        return before > 0
    if not apart:
        for _ in range(body.draw.whole(0, 2)):
            _step(body, AFFINE)
        return True
    current, mapped = body.current, body.hold()
    body.start(mapped, current)
    if _step(body, AFFINE, label=True):
        merged(body, (mapped, body.hold()), Add(), current)
    return True


def _step(body: Body, names: tuple[str, ...], label: bool = False) -> bool:
    """Apply the first of some operators, in any order, that the current value admits."""
    for name in body.draw.shuffled(names):
        op = STEPS[name](body.draw, body.value)
        if op is not None and (found := fitting(body, op, body.value, single=True)):
            apply(body, found, label=label)
            return True
    return False
