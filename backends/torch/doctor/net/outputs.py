"""Finds outputs that are probabilities where the loss takes logits."""

from __future__ import annotations

from typing import ClassVar, final

import torch

from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient
from netlang.ops.softmax import Softmax
from netlang.recipes.check.loss import operands_of
from netlang.recipes.check.outputs import maker
from netlang.recipes.words.losses import CrossEntropy, Kl
from netlang.recipes.words.operands import NamedValue
from netlang.recipes.words.terms import Term
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["LogitsWanted"]

_EXAMPLES = 16


@final
class LogitsWanted(Check):
    """Whether what a loss applies a softmax to has been through one, by its values.

    `check` warns (W0301) where the last step is one; this also finds one written otherwise.
    """

    name: ClassVar[str] = "logits"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE)
    turns: ClassVar[Turns | str] = Turns.EACH

    def examine(self, patient: Patient) -> CheckReport:
        terms = [
            (term, name) for term in patient.recipe.loss.terms if (name := _read(patient, term))
        ]
        if not terms:
            return self.skipped("no loss takes logits of classes")
        batch, model = patient.batch(_EXAMPLES), patient.state().model
        with torch.no_grad():
            values = patient.objective.values(model, batch)
        symptoms = []
        for term, name in terms:
            logits = values[name].float()
            sums = logits.sum(1)
            are_shares = bool((logits >= 0).all() and (sums - 1).abs().max() < 1e-4)
            if are_shares and logits.shape[1] > 1 and not _told(patient, term):
                symptoms.append(
                    Symptom(
                        f"softmax before {term.function.name}",
                        f"`{name}` is positive and adds up to 1, as after a softmax, and"
                        f" `{term.function.name}` applies one itself",
                        "leave the softmax out: gradients all but vanish after two",
                        term.span,
                    )
                )
        return self.report("these are logits" if not symptoms else "these aren't logits", *symptoms)


def _read(patient: Patient, term: Term) -> str | None:
    """The output that a term reads as logits."""
    if not isinstance(term.function, CrossEntropy | Kl):
        return None
    left = operands_of(term, patient.recipe, patient.program)[0]
    names = {output.name for output in patient.program.net.outputs}
    return left.name if isinstance(left, NamedValue) and left.name in names else None


def _told(patient: Patient, term: Term) -> bool:
    """Whether `check` warns of it, since the last step is a softmax."""
    node = maker(operands_of(term, patient.recipe, patient.program)[0], patient.program)
    return node is not None and isinstance(node.callee, Softmax)
