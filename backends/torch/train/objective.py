"""Losses and accuracy: the terms of a recipe's loss on the values of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.backends.torch.data.sets import Batch
from netlang.diagnostics.core import InternalError
from netlang.ir.program import Program
from netlang.recipes.check.loss import default_operands
from netlang.recipes.recipe import Precision, Recipe
from netlang.recipes.words.losses import (
    L1,
    LABEL,
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    KlNormal,
    LossFunction,
    Mse,
)

__all__ = ["Objective"]

_HALVES = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}


@final
@dataclass(frozen=True)
class _Term:
    factor: float
    function: LossFunction
    left: str
    right: str


@final
class Objective:
    """What a recipe minimises, on a program's outputs.

    In evaluation, terms that read an auxiliary output are left out: it exists in training only.
    """

    def __init__(self, recipe: Recipe, program: Program) -> None:
        outputs = program.net.outputs
        self._all = tuple(output.name for output in outputs)
        self._deployed = tuple(output.name for output in outputs if not output.auxiliary)
        self._inputs = tuple(port.name for port in program.net.inputs)
        self._type: torch.dtype = getattr(torch, program.net.inputs[0].type.dtype.value)
        self._half = _HALVES.get(recipe.precision)
        self._terms = tuple(_terms(recipe, program))

    @property
    def logits(self) -> str | None:
        """The output whose largest channel is the predicted class, if there is one."""
        for term in self._terms:
            is_class = isinstance(term.function, CrossEntropy) and term.right == LABEL
            if is_class and term.left in self._deployed:
                return term.left
        return None

    def values(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Inputs, targets and the model's outputs by name."""
        device = batch.inputs[0].device.type
        with torch.autocast(device, dtype=self._half, enabled=self._half is not None):
            result = model(*(each.to(self._type) for each in batch.inputs))
        values = dict(zip(self._inputs, batch.inputs, strict=True)) | dict(batch.targets)
        for name, value in _named(result, self._all if model.training else self._deployed):
            half = value.dtype in (torch.float16, torch.bfloat16)
            values[name] = value.float() if half else value
        return values

    def loss(self, values: Mapping[str, Tensor]) -> Tensor:
        """The sum of the terms, mean over the batch."""
        parts = [
            term.factor * compare(term.function, values[term.left], values[term.right])
            for term in self._terms
            if term.left in values and term.right in values
        ]
        if not parts:
            raise InternalError("no term of the loss can be computed from the deployed outputs")
        return torch.stack(parts).sum() if len(parts) > 1 else parts[0]

    def correct(self, values: Mapping[str, Tensor]) -> Tensor | None:
        """How many examples of the batch are classified right."""
        name = self.logits
        return None if name is None else (values[name].argmax(1) == values[LABEL]).sum()


def _terms(recipe: Recipe, program: Program) -> Iterator[_Term]:
    for term in recipe.loss.terms:
        if term.operands:
            left, right = (operand.name for operand in term.operands)
        else:
            left, right = default_operands(program)
        yield _Term(term.factor, term.function, left, right)


def _named(result: object, names: tuple[str, ...]) -> Iterator[tuple[str, Tensor]]:
    """What a module returned, by output: a tensor, or a tuple of them in the program's order."""
    values = result if isinstance(result, tuple) else (result,)
    if len(values) != len(names):
        raise InternalError(f"the module returned {len(values)} values for outputs {names}")
    for name, value in zip(names, values, strict=True):
        if not isinstance(value, Tensor):
            raise InternalError(f"output {name} of the module is no tensor")
        yield name, value


@singledispatch
def compare(function: LossFunction, left: Tensor, right: Tensor) -> Tensor:
    """The loss of a batch: the mean over its examples."""
    raise InternalError(f"no rule computes the loss {function.name}")


@compare.register
def _(function: CrossEntropy, left: Tensor, right: Tensor) -> Tensor:
    return F.cross_entropy(left, right, label_smoothing=function.label_smoothing)


def _reduced(elements: Tensor, reduction: str) -> Tensor:
    return elements.mean() if reduction == "mean" else elements.flatten(1).sum(1).mean()


@compare.register
def _(function: BinaryCrossEntropy, left: Tensor, right: Tensor) -> Tensor:
    return _reduced(F.binary_cross_entropy(left, right, reduction="none"), function.reduction)


@compare.register
def _(function: BinaryCrossEntropyWithLogits, left: Tensor, right: Tensor) -> Tensor:
    elements = F.binary_cross_entropy_with_logits(left, right, reduction="none")
    return _reduced(elements, function.reduction)


@compare.register
def _(function: Mse, left: Tensor, right: Tensor) -> Tensor:
    return _reduced((left - right) ** 2, function.reduction)


@compare.register
def _(function: L1, left: Tensor, right: Tensor) -> Tensor:
    return _reduced((left - right).abs(), function.reduction)


@compare.register
def _(function: KlNormal, left: Tensor, right: Tensor) -> Tensor:
    return _reduced(-0.5 * (1.0 + right - left**2 - right.exp()), function.reduction)
