"""Looks at how losses are added up over the elements of an example."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod, sqrt
from typing import ClassVar, final

import torch

from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient
from netlang.recipes.check.loss import operands_of
from netlang.recipes.words.losses import (
    L1,
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    Expression,
    Focal,
    KlNormal,
    LossFunction,
    Mse,
    SmoothL1,
)
from netlang.recipes.words.operands import values_in
from netlang.recipes.words.optimizers import Sgd
from netlang.recipes.words.terms import Term
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["Reduction"]

_REDUCED = (
    BinaryCrossEntropy, BinaryCrossEntropyWithLogits, Expression, Focal, KlNormal, L1, Mse,
    SmoothL1,
)  # fmt: skip
_MANY = 64
_EXAMPLES = 16
# Beyond what plain gradient descent follows: the size of a step that is one of the weights.
_TOO_LONG = 1.0


@final
class Reduction(Check):
    """A sum over many elements under a rate for a mean, and sums and means in one loss.

    Plain gradient descent steps as far as the gradient is long; optimizers that divide by its size
    don't mind. Beside the divergence of a variational autoencoder, summed over the code, the error
    of the reconstruction has to be summed over the pixels (Kingma, Welling 2013, eq. 10).
    """

    name: ClassVar[str] = "reduction"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE)
    turns: ClassVar[Turns | str] = Turns.EACH

    def examine(self, patient: Patient) -> CheckReport:
        terms = [term for term in patient.recipe.loss.terms if _reduction(term.function)]
        if not terms:
            return self.skipped("no loss is reduced over the elements of an example")
        batch, model = patient.batch(_EXAMPLES), patient.state().model
        values = patient.objective.values(model, batch)
        sizes = {}
        for term in terms:
            names = [
                value.name
                for operand in operands_of(term, patient.recipe, patient.program)
                for value in values_in(operand)
            ]
            shapes = [values[name].shape[1:] for name in names if name in values]
            sizes[term] = max((prod(shape) for shape in shapes), default=1)
        symptoms = [*_unlike(terms, sizes)]
        if isinstance(patient.recipe.optimizer, Sgd):
            loss = patient.objective.loss(values)
            if loss.requires_grad:
                loss.backward()
            step = _relative_step(model, patient.recipe.optimizer.lr)
            symptoms += _too_long(patient, terms, sizes, step)
        told = ", ".join(
            f"{t.function.name}: {_reduction(t.function)} of {sizes[t]:,}" for t in terms
        )
        return self.report(told, *symptoms)


def _reduction(function: LossFunction) -> str:
    """`mean` or `sum`; nothing for a loss without the choice."""
    return function.reduction if isinstance(function, _REDUCED) else ""


def _relative_step(model: torch.nn.Module, rate: float) -> float:
    """The length of the first step relative to that of the weights."""
    weights = [each for each in model.parameters() if each.grad is not None]
    if not weights:
        return 0.0
    length = sqrt(sum(float(each.detach().square().sum()) for each in weights))
    slope = sqrt(sum(float(g.square().sum()) for each in weights if (g := each.grad) is not None))
    return rate * slope / max(length, 1e-12)


def _too_long(
    patient: Patient, terms: list[Term], sizes: dict[Term, int], step: float
) -> Iterator[Symptom]:
    summed = [term for term in terms if _reduction(term.function) == "sum" and sizes[term] >= _MANY]
    if step > _TOO_LONG:
        for term in summed:
            yield Symptom(
                "wrong reduction of the loss",
                f"`{term.function.name}` adds up {sizes[term]:,} elements, so the gradient is"
                f" {sizes[term]:,} times that of their mean: the first step is {step:.3g} times as"
                " long as all weights",
                f"write `{term.function.name}(..., reduction=mean)`, or divide the rate by that",
                term.span,
            )


def _unlike(terms: list[Term], sizes: dict[Term, int]) -> Iterator[Symptom]:
    divergences = [term for term in terms if isinstance(term.function, KlNormal)]
    others = [term for term in terms if not isinstance(term.function, KlNormal)]
    for divergence in divergences:
        for term in others:
            mine, theirs = (_reduction(each.function) for each in (term, divergence))
            if mine == "mean" and theirs == "sum" and sizes[term] >= _MANY:
                yield Symptom(
                    "wrong reduction of the loss",
                    f"`{term.function.name}` is the mean over {sizes[term]:,} elements and"
                    f" `{divergence.function.name}` a sum: it outweighs the error"
                    f" {sizes[term]:,} times more than the bound says",
                    f"write `{term.function.name}(..., reduction=sum)`",
                    term.span,
                )
