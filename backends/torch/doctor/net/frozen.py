"""Finds parts that are frozen though nothing has trained them."""

from __future__ import annotations

from typing import ClassVar, final

from netlang.backends.torch.doctor.check import Check
from netlang.backends.torch.doctor.patient import Patient
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["FrozenParts"]


@final
class FrozenParts(Check):
    """What `freeze` names keeps its weights. Without `weights`, those are random."""

    name: ClassVar[str] = "frozen parts"

    def examine(self, patient: Patient) -> CheckReport:
        recipe, model = patient.recipe, patient.state().model
        frozen = [each for each in model.parameters() if not each.requires_grad]
        count = sum(each.numel() for each in frozen)
        total = sum(each.numel() for each in model.parameters())
        symptoms = []
        if recipe.freeze and recipe.weights is None:
            parts = ", ".join(f"`{label}`" for label in recipe.freeze)
            symptoms.append(
                Symptom(
                    "frozen layer",
                    f"{parts} keep{'s' * (len(recipe.freeze) == 1)} the random weights of the"
                    f" start, {count:,} of {total:,}, since the recipe has no `weights`",
                    "give trained ones with `weights: pretrained(...)`, or leave `freeze` out",
                    patient.place("freeze"),
                    recipe.freeze[0],
                )
            )
        return self.report(f"{count:,} of {total:,} weights", *symptoms)
