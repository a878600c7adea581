"""Finds examples of the validation or test part that are training examples as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Examples, Tensors
from netlang.backends.torch.doctor.check import Check, Need
from netlang.backends.torch.doctor.data.fingerprints import digests
from netlang.backends.torch.doctor.patient import Patient, class_numbers
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["Duplicates"]

Array = NDArray[np.generic]
# More are a sample.
_MOST = 20_000
_MOST_IN_MEMORY = 200_000
# The share of a part above which its scores are worth nothing.
_SHARE = 1e-3
_FLIPS: Mapping[str, Callable[[Array], Array]] = {
    "mirrored": lambda x: x[..., ::-1],
    "upside down": lambda x: x[..., ::-1, :],
    "turned by 180 degrees": lambda x: x[..., ::-1, ::-1],
}


@final
class Duplicates(Check):
    """Equal examples in different parts, by a digest of all their bytes.

    Also those of one part that are mirror images of each other, as augmentation makes them. Where
    the training part itself consists of few different examples, equal ones are natural.
    """

    name: ClassVar[str] = "duplicates"
    needs: ClassVar[tuple[Need, ...]] = (Need.HELD,)

    def examine(self, patient: Patient) -> CheckReport:
        train = _some(patient, patient.train)
        known = digests(train)
        counts = Counter(known)
        repeated = 1 - len(counts) / len(known)
        symptoms = [*_contradictions(patient, train, known)]
        measured = []
        for name, examples in patient.held.items():
            part = _some(patient, examples)
            seen = digests(part)
            found = [place for place, each in enumerate(seen) if each in counts]
            measured.append(f"{len(found)} of {len(part):,} {name} examples are training examples")
            symptoms += _shared(patient, name, found, len(part), repeated)
            symptoms += _copies(patient, name, part, seen)
        looked = "" if len(train) == len(patient.train) else f" (of {len(train):,} by chance)"
        return self.report("; ".join(measured) + looked, *symptoms)


def _some(patient: Patient, examples: Examples) -> Examples:
    most = _MOST_IN_MEMORY if isinstance(examples, Tensors) else _MOST
    return patient.chosen(examples, most, "duplicates")


def _shared(
    patient: Patient, name: str, found: list[int], count: int, repeated: float
) -> Iterator[Symptom]:
    share = len(found) / count
    if share <= 0:
        return
    yield Symptom(
        f"{name} examples among the training examples",
        f"{len(found)} of {count:,} {name} examples are training examples too,"
        f" the first is number {found[0]}",
        f"take them out of one part: the score of the {name} part shows what was learned by heart",
        patient.place("data"),
        wrong=share > max(_SHARE, 3 * repeated),
    )


def _copies(
    patient: Patient, name: str, part: Examples, digested: list[bytes]
) -> Iterator[Symptom]:
    """Examples of a part that are mirror images of others in it."""
    if not (isinstance(part, Tensors) and _are_pictures(part)):
        return
    known = set(digested)
    for title, change in _FLIPS.items():
        # An image that is its own mirror image is no copy.
        changed = zip(digests(part, change), digested, strict=True)
        found = [place for place, (one, own) in enumerate(changed) if one in known and one != own]
        if len(found) > max(1, 0.05 * len(part)):
            yield Symptom(
                f"augmentation on the {name} set",
                f"{len(found)} of {len(part):,} {name} images are there {title} as well",
                f"augment in training alone: leave each {name} image as it is, once",
                patient.place("data"),
            )
            return


def _are_pictures(part: Tensors) -> bool:
    return part.inputs[0].dim() == 4 and min(part.inputs[0].shape[2:]) > 1


def _contradictions(patient: Patient, train: Examples, known: list[bytes]) -> Iterator[Symptom]:
    """Equal examples with different labels."""
    labels = class_numbers(train)
    if labels is None:
        return
    classes: dict[bytes, set[int]] = {}
    for digest, label in zip(known, labels.tolist(), strict=True):
        classes.setdefault(digest, set()).add(label)
    count = sum(len(each) > 1 for each in classes.values())
    if count:
        yield Symptom(
            "contradicting labels",
            f"{count} training inputs occur with different labels",
            "look at them: no net can learn both",
            patient.place("data"),
            wrong=count > 0.01 * len(classes),
        )
