"""Finds examples of the validation or test part that are training examples as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, final

from netlang.backends.torch.data.sets import Examples, Tensors
from netlang.backends.torch.doctor.check import Check, Need
from netlang.backends.torch.doctor.data.fingerprints import digests
from netlang.backends.torch.doctor.data.mirrored import MOST_FILES, mirror_images
from netlang.backends.torch.doctor.patient import Patient, class_numbers
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["Duplicates"]

# More are a sample.
_MOST = 20_000
_MOST_IN_MEMORY = 200_000
# The share of a part above which its scores are worth nothing.
_SHARE = 1e-3


@final
class Duplicates(Check):
    """Equal examples in different parts, by a digest of all their bytes.

    Also images of one part that are mirror images of others in it, as augmentation makes them.
    Where the training part itself consists of few different examples, equal ones are natural.
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
            symptoms += _copies(patient, name, examples, part, seen)
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
    patient: Patient, name: str, examples: Examples, part: Examples, digested: list[bytes]
) -> Iterator[Symptom]:
    """Examples of a part that are mirror images of others in it; `part` is a sample of it."""
    if not isinstance(part, Tensors):
        part = patient.chosen(examples, MOST_FILES, "mirror images")
    copies = mirror_images(part, digested)
    # Of two images, a sample has both less often.
    if copies and copies[0] > max(1, 0.05 * len(part) * len(part) / len(examples)):
        yield Symptom(
            f"augmentation on the {name} set",
            f"{copies[0]} of {len(part):,} {name} images are there {copies[1]} as well",
            f"augment in training alone: leave each {name} image as it is, once",
            patient.place("data"),
        )


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
