"""Finds batch norms that see one example at a time."""

from __future__ import annotations

from typing import ClassVar, final

from netlang.backends.torch.doctor.check import Check
from netlang.backends.torch.doctor.patient import Patient
from netlang.ir.owned import owned
from netlang.ops.norm import BatchNorm
from netlang.recipes.check.optimizer import below
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["BatchOfOne"]

_FEW = 4


@final
class BatchOfOne(Check):
    """Batch norm on one example subtracts what tells it apart, and is another net in a test.

    `check` refuses (E0744) where even its positions are one; this looks at all batch norms.
    """

    name: ClassVar[str] = "batch norm"

    def examine(self, patient: Patient) -> CheckReport:
        recipe = patient.recipe
        labels = [
            each.key.rpartition(".")[0]
            for each in owned(patient.program)
            if isinstance(each.op, BatchNorm) and not below(each.key, recipe.freeze)
        ]
        count = min(recipe.batch // recipe.accumulate, len(patient.train))
        if not labels:
            return self.skipped("the net has no trained batch norm")
        symptoms = []
        if count < _FEW:
            what = "one example" if count == 1 else f"{count} examples"
            key = "accumulate" if recipe.batch >= _FEW else "batch"
            symptoms.append(
                Symptom(
                    "batch of one with batch norm" if count == 1 else "small batch with batch norm",
                    f"batch norm `{labels[0]}` takes its mean and deviation from {what}",
                    "compute more examples at once, or use `group_norm`, which needs no batch",
                    patient.place(key),
                    labels[0],
                    wrong=count == 1,
                )
            )
        return self.report(f"statistics of {count:,} examples", *symptoms)
