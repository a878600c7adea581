"""Finds numbers that aren't finite among the examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

import torch
from torch import Tensor

from netlang.backends.torch.data.sets import Examples, Tensors
from netlang.backends.torch.doctor.check import Check
from netlang.backends.torch.doctor.patient import Patient
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["FiniteData"]

_SHOWN = 5


@final
class FiniteData(Check):
    """NaN and infinity in inputs and targets, as stored and as prepared."""

    name: ClassVar[str] = "finite numbers"

    def examine(self, patient: Patient) -> CheckReport:
        found = [*_stored(patient)]
        prepared = patient.sample.inputs
        if not found and not all(map(_finite, prepared)):
            what = "an input is NaN or infinite once it is prepared as the recipe says"
            advice = "look at `normalize`: equal values leave nothing to divide by"
            found.append(Symptom("NaN in the data", what, advice, patient.place("normalize")))
        parts = {"train": patient.train, **patient.held}
        counts = ", ".join(f"{len(part):,} {name}" for name, part in parts.items())
        return self.report(f"looked at {counts}", *found)


def _stored(patient: Patient) -> Iterator[Symptom]:
    parts: dict[str, Examples] = {"training": patient.train, **patient.held}
    for part, examples in parts.items():
        if not isinstance(examples, Tensors):
            continue  # images in files have whole numbers
        names = patient.recipe.data.inputs
        values = dict(zip(names, examples.inputs, strict=False)) | dict(examples.targets)
        for name, value in values.items():
            bad = _bad(value)
            if bad:
                shown = ", ".join(map(str, bad[:_SHOWN])) + (", ..." if len(bad) > _SHOWN else "")
                count = f"{len(bad)} of {len(examples):,} {part} examples"
                yield Symptom(
                    "NaN in the data",
                    f"`{name}` isn't finite in {count}: number {shown}",
                    "repair or leave out these examples: one makes every weight NaN",
                    patient.place("data"),
                )


def _bad(value: Tensor) -> list[int]:
    """The numbers of the examples with a value that isn't finite."""
    if not value.is_floating_point() or _finite(value):
        return []
    rows = value.isfinite().reshape(len(value), -1).all(1)
    return [int(number) for number in torch.nonzero(~rows).flatten()]


def _finite(value: Tensor) -> bool:
    return bool(value.isfinite().all())
