"""Compares the loss before the first step with that of a net that knows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import ClassVar, final

import torch
from torch import Tensor

from netlang.backends.torch.doctor.baseline import knowing_nothing, known_formula
from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["InitialLoss"]

_EXAMPLES = 64
# Times the loss of knowing nothing, of classes and of other targets.
_TOO_MUCH, _FAR_TOO_MUCH = 2.0, 100.0
_TOO_LITTLE = 0.5


@final
class InitialLoss(Check):
    """A first loss that is much larger comes from too large outputs; a smaller one from a leak."""

    name: ClassVar[str] = "initial loss"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE)
    turns: ClassVar[Turns | str] = (
        "the losses of players depend on each other, so no"
        " value of theirs is that of knowing nothing"
    )

    def examine(self, patient: Patient) -> CheckReport:
        batch = patient.batch(_EXAMPLES)
        model = patient.state().model
        with torch.no_grad():
            values = patient.objective.values(model, batch)
            found = float(patient.objective.loss(values))
            expected = knowing_nothing(patient, values)
        formula = known_formula(patient)
        measured = f"{found:.4g}; a net that knows nothing has {expected:.4g}{formula}"
        started = patient.recipe.weights is not None
        return self.report(measured, *_judged(patient, values, found, expected, started=started))


def _judged(
    patient: Patient, values: Mapping[str, Tensor], found: float, expected: float, *, started: bool
) -> list[Symptom]:
    if not isfinite(found):
        what = "the loss isn't finite before the first step"
        advice = "look at the table of the layers: which one is the first with huge values?"
        return [Symptom("initial loss", what, advice, patient.place("loss"))]
    largest = _TOO_MUCH if patient.objective.classifies else _FAR_TOO_MUCH
    if found > largest * abs(expected) + 1.0 and not started:
        outputs = [o.name for o in patient.program.net.outputs if o.name in values]
        size = max(float(values[name].float().abs().max()) for name in outputs)
        return [
            Symptom(
                "initial loss",
                f"the loss begins at {found:.4g}, and knowing nothing costs {expected:.4g};"
                f" outputs reach {size:.3g}",
                "make the first outputs small: normalise the inputs, and look at `init`, above all"
                " that of the last layer",
                patient.place("init" if patient.recipe.init else "model"),
            )
        ]
    if patient.objective.classifies and found < _TOO_LITTLE * expected and not started:
        return [
            Symptom(
                "initial loss",
                f"the loss begins at {found:.4g}, below the {expected:.4g} of a net that knows"
                " nothing",
                "look for the label among the inputs, and for a loss that reads the wrong values",
                patient.place("loss"),
            )
        ]
    return []
