"""Weights that a spec gives as values: a `parameter`, a `constant`, what is computed from them."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.ir.derivation import Line
from netlang.ir.op import Op, Rejection
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.ops.checks import floating, shape_text
from netlang.ops.derive import state_lines
from netlang.records import names_of, replace

__all__ = ["check_given", "derivation", "not_given", "own_inputs"]


def own_inputs(op: Op, inputs: Types) -> Types:
    """What the operator reads besides its weights."""
    return inputs[: len(inputs) - len(op.given)]


def not_given(op: Op, weights: tuple[Weight, ...]) -> tuple[Weight, ...]:
    """The weights that the operator owns, of all that it has."""
    return tuple(each for each in weights if each.name not in op.given) if op.given else weights


def check_given(op: Op, inputs: Types) -> None:
    """Raise a `Rejection` unless the values given have the shapes of the weights."""
    if not op.given:
        return
    own = own_inputs(op, inputs)
    wanted = {each.name: each.shape for each in replace(op, given=()).weights(own)}
    for name, x, index in zip(op.given, inputs[len(own) :], range(len(own), 9), strict=False):
        if name not in wanted:
            from netlang.diagnostics.language.given import WeightNotTaken

            raise Rejection(WeightNotTaken, argument=name, operator=op.name, name=name)
        floating(op, x, index)
        if x.batch is not None:
            from netlang.diagnostics.language.given import WeightWithBatch

            raise Rejection(
                WeightWithBatch, argument=name, operator=op.name, name=name,
                received=shape_text(("N", *x.shape)),
            )  # fmt: skip
        if x.shape != wanted[name]:
            from netlang.diagnostics.language.given import WeightShape

            raise Rejection(
                WeightShape, argument=name, operator=op.name, name=name,
                expected=shape_text(wanted[name]), received=shape_text(x.shape),
            )  # fmt: skip
    _check_rest(op, inputs)


def _check_rest(op: Op, inputs: Types) -> None:
    """A weight that is given can't stand beside a bias that the operator owns.

    Nor the other way round, where the operator has both or none.
    """
    left = [each.name for each in op.weights(inputs) if not each.buffer]
    optional = "bias" in names_of(op)
    if left and ("weight" in op.given or not optional):
        from netlang.diagnostics.language.given import GivenInPart

        flag = ", or `bias=false`" if optional else ""
        raise Rejection(
            GivenInPart, argument=op.given[0], operator=op.name, name=op.given[0], left=left[0],
            flag=flag,
        )  # fmt: skip


def derivation(op: Op, inputs: Types) -> Iterator[Line]:
    """`Op.derivation`, with the parameters that the operator itself owns."""
    for line in op.derivation(inputs):
        if line.what != "params" or not op.given:
            yield line
        else:
            yield from (each for each in state_lines(op.weights(inputs)) if each.what == "params")
