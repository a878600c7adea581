"""Losses of recipes as expressions over the values of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import final

import torch
from torch.nn import functional as F

from netlang.backends.torch.invocation import Invocation, Setting
from netlang.backends.torch.recipes.code import (
    Code,
    FunctionCall,
    Infix,
    Method,
    Named,
    Negative,
    NumberLiteral,
)
from netlang.backends.torch.runtime import losses as runtime
from netlang.diagnostics.errors import InternalError
from netlang.ir.types import TensorType
from netlang.recipes.check.operand import Types, is_number, operand_type
from netlang.recipes.words.losses import (
    L1,
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    Dice,
    Expression,
    Focal,
    GradientPenalty,
    Hinge,
    Kl,
    KlNormal,
    L1Penalty,
    L2Penalty,
    LossFunction,
    Mse,
    Penalty,
    SmoothL1,
)
from netlang.recipes.words.operands import Apply, NamedValue, Number, Operand

__all__ = ["TypedOperand", "lower_loss", "lower_operand", "penalized"]


@final
@dataclass(frozen=True)
class TypedOperand:
    """An operand, with its type if known."""

    code: Code
    type: TensorType | None = None


def lower_operand(operand: Operand, types: Types) -> TypedOperand:
    """An operand as an expression."""
    return TypedOperand(_operand(operand, types), operand_type(operand, types))


def penalized(function: Penalty) -> Invocation:
    """The function that returns the weights of a model that a penalty counts."""
    return Invocation(runtime.penalized, {"spare": function.spare, "below": function.below})


# --- expressions ----------------------------------------------------------------------------------


def _operand(operand: Operand, types: Types) -> Code:
    if isinstance(operand, Number):
        return NumberLiteral(operand.value)
    if isinstance(operand, NamedValue):
        return Named(operand.name)
    given = [_operand(each, types) for each in operand.operands]
    if len(given) == 2:
        return Infix(operand.function, given[0], given[1])
    return _applied(operand, given[0], operand_type(operand.operands[0], types))


def _applied(applied: Apply, x: Code, type: TensorType | None) -> Code:
    match applied.function:
        case "-":
            return Negative(x)
        case "float":
            return Method(x, "float")
        case "abs" | "exp" | "log" | "relu" | "sigmoid" | "sqrt" | "tanh" as name:
            return Method(x, name)
        case "softplus":
            return FunctionCall(Invocation(F.softplus), (x,))
        case "softmax" | "log_softmax" as name:
            return Method(x, name, (1,))
        case "mean" | "sum" as name:
            # Of an example: all but the first axis. One number of each is that number.
            if type is None:
                # Whether a target has axes, only the data tell.
                count = FunctionCall(Invocation(len), (x,))
                return Method(Method(x, "reshape", (count, -1)), name, (1,))
            return Method(Method(x, "flatten", (1,)), name, (1,)) if type.shape else x
    raise InternalError(f"no rule computes {applied.function}")


# --- losses ---------------------------------------------------------------------------------------


@singledispatch
def lower_loss(function: LossFunction, *sides: TypedOperand) -> Code:
    """The mean of a loss over a batch; a penalty takes a list of weights."""
    raise InternalError(f"no rule computes the loss {function.name}")


def _call(function: object, settings: dict[str, Setting], *operands: Code) -> Code:
    assert callable(function)
    return FunctionCall(Invocation(function, settings), operands)


def _fitted(left: TypedOperand, right: TypedOperand) -> Code:
    """The target in the shape and type of the prediction; a number is broadcast."""
    a, b = left.type, right.type
    if is_number(b):
        assert isinstance(right.code, NumberLiteral)
        return _call(torch.full_like, {"fill_value": right.code.value}, left.code)
    code = right.code
    if a is None or b is None or a.shape != b.shape:
        code = Method(code, "view_as", (left.code,))
    if a is None or b is None or a.dtype is not b.dtype:
        code = Method(code, "to", (left.code,))
    return code


def _elementwise(
    function: object, reduction: str, left: TypedOperand, right: TypedOperand, **settings: Setting
) -> Code:
    """A function of `torch.nn.functional` that has a reduction."""
    target = _fitted(left, right)
    if reduction == "mean":
        return _call(function, settings, left.code, target)
    total = _call(function, {**settings, "reduction": "sum"}, left.code, target)
    return Infix("/", total, _call(len, {}, left.code))


@lower_loss.register
def _(function: CrossEntropy, left: TypedOperand, right: TypedOperand) -> Code:
    settings: dict[str, Setting] = {"label_smoothing": function.label_smoothing}
    if function.weights is None:
        return _call(F.cross_entropy, settings, left.code, right.code)
    settings = {"weights": function.weights, **settings}
    return _call(runtime.weighted_cross_entropy, settings, left.code, right.code)


@lower_loss.register
def _(function: BinaryCrossEntropy, left: TypedOperand, right: TypedOperand) -> Code:
    return _elementwise(F.binary_cross_entropy, function.reduction, left, right)


@lower_loss.register
def _(function: BinaryCrossEntropyWithLogits, left: TypedOperand, right: TypedOperand) -> Code:
    given = function.pos_weight
    if given is None:
        return _elementwise(F.binary_cross_entropy_with_logits, function.reduction, left, right)
    settings: dict[str, Setting] = {
        "pos_weight": given if isinstance(given, tuple) else (given,),
        "reduction": function.reduction,
    }
    target = _fitted(left, right)
    return _call(runtime.weighted_binary_cross_entropy, settings, left.code, target)


@lower_loss.register
def _(function: Mse, left: TypedOperand, right: TypedOperand) -> Code:
    return _elementwise(F.mse_loss, function.reduction, left, right)


@lower_loss.register
def _(function: L1, left: TypedOperand, right: TypedOperand) -> Code:
    return _elementwise(F.l1_loss, function.reduction, left, right)


@lower_loss.register
def _(function: SmoothL1, left: TypedOperand, right: TypedOperand) -> Code:
    return _elementwise(F.smooth_l1_loss, function.reduction, left, right, beta=function.beta)


@lower_loss.register
def _(function: Hinge, left: TypedOperand, right: TypedOperand) -> Code:
    settings: dict[str, Setting] = {"p": function.power, "margin": function.margin}
    chosen = F.multi_margin_loss if function.over == "all" else runtime.hinge_of_the_worst
    return _call(chosen, settings, left.code, right.code)


@lower_loss.register
def _(function: Kl, left: TypedOperand, right: TypedOperand) -> Code:
    return _call(runtime.kl_of_logits, {}, left.code, right.code)


@lower_loss.register
def _(function: KlNormal, left: TypedOperand, right: TypedOperand) -> Code:
    return _call(runtime.kl_normal, {"reduction": function.reduction}, left.code, right.code)


@lower_loss.register
def _(function: Focal, left: TypedOperand, right: TypedOperand) -> Code:
    settings: dict[str, Setting] = {
        "alpha": function.alpha,
        "gamma": function.gamma,
        "reduction": function.reduction,
    }
    return _call(runtime.focal, settings, left.code, right.code)


@lower_loss.register
def _(function: Dice, left: TypedOperand, right: TypedOperand) -> Code:
    return _call(runtime.dice, {"smooth": function.smooth}, left.code, right.code)


@lower_loss.register
def _(function: Expression, side: TypedOperand) -> Code:
    if function.reduction == "mean" or (side.type is not None and not side.type.shape):
        return Method(side.code, "mean")
    return Infix("/", Method(side.code, "sum"), _call(len, {}, side.code))


@lower_loss.register
def _(function: GradientPenalty, score: TypedOperand, at: TypedOperand) -> Code:
    return _call(runtime.gradient_penalty, {"norm": function.norm}, score.code, at.code)


@lower_loss.register
def _(function: L1Penalty, side: TypedOperand) -> Code:
    return _call(runtime.l1_penalty, {}, side.code)


@lower_loss.register
def _(function: L2Penalty, side: TypedOperand) -> Code:
    return _call(runtime.l2_penalty, {}, side.code)
