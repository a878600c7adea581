"""The loss of a net that knows nothing: what the loss says a run starts from."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from netlang.backends.torch.doctor.patient import Patient
from netlang.recipes.check.loss import operands_of
from netlang.recipes.words.losses import BinaryCrossEntropy, CrossEntropy, Dice, LossFunction
from netlang.recipes.words.operands import NamedValue

__all__ = ["knowing_nothing", "known_formula"]


def knowing_nothing(patient: Patient, values: Mapping[str, Tensor]) -> float:
    """The loss if every output were the same for all examples.

    Logits and other numbers are 0 then, so all classes are equally probable, and probabilities are
    1/2, or 1/C of C classes. Penalties stay as they are.
    """
    recipe, program = patient.recipe, patient.program
    outputs = {output.name for output in program.net.outputs} & values.keys()
    instead = {name: torch.zeros_like(values[name]) for name in outputs}
    for term in recipe.loss.terms:
        operands = operands_of(term, recipe, program)
        if operands and isinstance(operands[0], NamedValue) and operands[0].name in outputs:
            value = values[operands[0].name]
            share = _share(term.function, value)
            if share is not None:
                instead[operands[0].name] = torch.full_like(value, share)
    return float(patient.objective.loss({**values, **instead}))


def _share(function: LossFunction, value: Tensor) -> float | None:
    """The probability that stands for not knowing, of a loss that takes probabilities."""
    if isinstance(function, BinaryCrossEntropy):
        return 0.5
    if isinstance(function, Dice):
        return 1 / max(2, value.shape[1])
    return None


def known_formula(patient: Patient) -> str:
    """The formula of that loss, where it is a plain one."""
    terms, classes = patient.recipe.loss.terms, patient.channels
    if len(terms) != 1 or classes is None or terms[0].factor != 1.0:
        return ""
    function = terms[0].function
    if isinstance(function, CrossEntropy) and not function.weights:
        return f" = log({classes})"
    return ""
