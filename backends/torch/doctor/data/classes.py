"""Counts the examples of each class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.doctor.check import Check, Need
from netlang.backends.torch.doctor.patient import Patient, class_numbers
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["ClassCounts"]

_UNEQUAL = 10
_SHOWN = 10
# How improbable it must be that a part lacks a class by chance.
_IMPROBABLE = 1e-3


@final
class ClassCounts(Check):
    """Classes without examples, more outputs than classes, and classes of very unequal size."""

    name: ClassVar[str] = "classes"
    needs: ClassVar[tuple[Need, ...]] = (Need.CLASSES,)

    def examine(self, patient: Patient) -> CheckReport:
        labels = patient.labels
        assert labels is not None
        seen = {name: class_numbers(part) for name, part in patient.held.items()}
        held = {name: found for name, found in seen.items() if found is not None}
        channels = patient.channels or 0
        most = max([channels, *(int(each.max()) + 1 for each in (labels, *held.values()))])
        counts = np.bincount(labels, minlength=most)
        symptoms = [*_absent(patient, counts, held), *_unequal(patient, counts)]
        known = counts[counts > 0]
        measured = (
            f"{len(known)} classes, {known.min():,} to {known.max():,} training examples of each"
        )
        return self.report(measured, *symptoms, rows=_rows(patient, counts, held, most))


def _absent(
    patient: Patient, counts: NDArray[np.int64], held: dict[str, NDArray[np.int64]]
) -> Iterator[Symptom]:
    """Classes that a part lacks. Where the net alone has the last ones, its number is wrong."""
    everywhere = counts + sum(np.bincount(each, minlength=len(counts)) for each in held.values())
    most = int(np.flatnonzero(everywhere).max()) + 1
    channels = patient.channels
    if channels is not None and channels > most:
        yield Symptom(
            "wrong class count",
            f"the net has {channels} channels, and the labels go from 0 to {most - 1}",
            f"give the net {most} classes: a channel without examples only learns to be small",
            patient.place("model"),
        )
    for number in np.flatnonzero(counts[:most] == 0).tolist():
        where = [name for name, labels in held.items() if (labels == number).any()]
        also = f", but the {where[0]} part has some" if where else " in any part"
        yield Symptom(
            "missing class",
            f"there are no training examples of class {_named(patient, number)}{also}",
            "look for them: a net never predicts a class that it hasn't seen",
            patient.place("data"),
        )
    for name, labels in held.items():
        yield from _absent_later(patient, name, counts, labels)


def _absent_later(
    patient: Patient, part: str, counts: NDArray[np.int64], labels: NDArray[np.int64]
) -> Iterator[Symptom]:
    shares = counts / counts.sum()
    here = np.bincount(labels, minlength=len(counts))
    for number in np.flatnonzero((here == 0) & (counts > 0)).tolist():
        chance = (1 - shares[number]) ** len(labels)
        yield Symptom(
            "missing class",
            f"the {part} part has no examples of class {_named(patient, number)}, which is"
            f" {shares[number]:.2%} of the training part",
            f"look for them: the scores of the {part} part leave this class out",
            patient.place("data"),
            wrong=bool(chance < _IMPROBABLE),
        )


def _unequal(patient: Patient, counts: NDArray[np.int64]) -> Iterator[Symptom]:
    known = np.flatnonzero(counts)
    rare, common = known[counts[known].argmin()], known[counts[known].argmax()]
    if counts[common] > _UNEQUAL * counts[rare]:
        yield Symptom(
            "unequal classes",
            f"class {_named(patient, int(common))} has {counts[common]:,} training examples, class"
            f" {_named(patient, int(rare))} has {counts[rare]:,}",
            "look at the accuracy of each class in the confusion matrix; `weights` of"
            " `cross_entropy` say how much each class counts",
            patient.place("data"),
            wrong=False,
        )


def _named(patient: Patient, number: int) -> str:
    names = patient.data.classes
    return f"`{names[number]}`" if names and number < len(names) else str(number)


def _rows(
    patient: Patient, counts: NDArray[np.int64], held: dict[str, NDArray[np.int64]], most: int
) -> tuple[tuple[str, ...], ...]:
    """The first classes as a table."""
    columns = [counts, *(np.bincount(each, minlength=most) for each in held.values())]
    rows = [("class", "train", *held)]
    for number in range(min(most, _SHOWN)):
        rows.append(
            (_named(patient, number).strip("`"), *(f"{column[number]:,}" for column in columns))
        )
    if most > _SHOWN:
        rows.append((f"and {most - _SHOWN} more", *("" for _ in columns)))
    return tuple(rows)
