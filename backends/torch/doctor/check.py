"""The base of all checks of a recipe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from pathlib import Path
from typing import ClassVar

from netlang.backends.torch.doctor.patient import Patient
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["Check", "Need", "Turns"]


class Need(Enum):
    """What a check can't do without, and what it says where that is missing."""

    CLASSES = "no examples that belong to classes"
    HELD = "no part for validation or test"
    FINITE = "values that aren't finite"
    AFFORDABLE = "a step is too much work for this device"
    GRADIENT = "the loss has no gradient"


class Turns(Enum):
    """Of what a check is asked where steps take turns: of all together, or of each one.

    `ONLY` is one of all together that has no sense elsewhere.
    """

    TOGETHER = "together"
    EACH = "each"
    ONLY = "only"


class Check(ABC):
    """One question about a recipe. Checks are made without arguments and keep nothing.

    `name` is how a report begins, and `needs` what must be there for an answer. Where steps take
    `turns`, it is asked of all or of each; a text says why it has no answer there.
    """

    name: ClassVar[str]
    needs: ClassVar[tuple[Need, ...]] = ()
    turns: ClassVar[Turns | str] = Turns.TOGETHER

    @abstractmethod
    def examine(self, patient: Patient) -> CheckReport:
        """What was measured, and what is wrong."""

    def report(
        self,
        measured: str,
        *symptoms: Symptom,
        rows: tuple[tuple[str, ...], ...] = (),
        pictures: tuple[Path, ...] = (),
    ) -> CheckReport:
        """The report of this check."""
        return CheckReport(self.name, measured, symptoms, rows, pictures)

    def skipped(self, why: str) -> CheckReport:
        """The report of this check where it has no answer."""
        return CheckReport(self.name, why, skipped=True)
