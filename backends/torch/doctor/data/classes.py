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
# The least changes of class that chance has to make, and the share of them that isn't chance.
_CHANGES, _SORTED = 20, 0.5


@final
class ClassCounts(Check):
    """Classes without examples, more outputs than classes, and classes of very unequal size.

    Also examples that are sorted by class, if the recipe leaves them in their own order.
    """

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
        symptoms += _sorted(patient, labels, counts)
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


def _sorted(
    patient: Patient, labels: NDArray[np.int64], counts: NDArray[np.int64]
) -> Iterator[Symptom]:
    """Without `shuffle`, many steps after each other see one class, and forget the others."""
    changes = int(np.count_nonzero(labels[1:] != labels[:-1]))
    by_chance = (len(labels) - 1) * (1 - float(((counts / counts.sum()) ** 2).sum()))
    if patient.recipe.shuffle or by_chance < _CHANGES or changes >= _SORTED * by_chance:
        return
    yield Symptom(
        "sorted by class",
        f"from one training example to the next, the class changes {changes:,} times; in an order"
        f" by chance, it changes about {by_chance:,.0f} times",
        "leave out `shuffle: false`: steps on examples of one class make a net forget the others",
        patient.place("shuffle"),
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
