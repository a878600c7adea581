"""The core's view of backends that say what is wrong: with their runtime, or with a recipe."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import final

from netlang.diagnostics.diagnostic import Caution, Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe
from netlang.records import Record
from netlang.source import Span
from netlang.targets.backends import Backend, TrainingBackend, backend

__all__ = [
    "CheckReport", "CheckupOptions", "DiagnosingBackend", "ExaminingBackend", "Finding", "Symptom",
    "diagnosing_backend", "examining_backend", "refusal", "warned",
]  # fmt: skip


@final
class Finding(Record):
    """Something that was found; if it isn't `fine`, `why`, and what to do about it."""

    what: str
    fine: bool = True
    why: str = ""
    advice: str = ""


class ExaminingBackend(Backend):
    """A backend with a runtime of its own."""

    @abstractmethod
    def examine_runtime(self) -> Iterator[Finding]:
        """What is installed, and whether it works on each device that it was built for."""


def examining_backend() -> ExaminingBackend:
    """The backend for ONNX."""
    found = backend("onnx")
    assert isinstance(found, ExaminingBackend)
    return found


@final
class Symptom(Record):
    """A mistake that a check of a recipe found, by its name: ``dead ReLUs``.

    `what` was seen, and `advice` is what to do. `span` is the place in the spec, and `label` the
    path of the step, if it is about one. What isn't `wrong` may be meant.
    """

    mistake: str
    what: str
    advice: str
    span: Span | None = None
    label: str = ""
    wrong: bool = True


@final
class CheckReport(Record):
    """What one check of a recipe measured, and the mistakes that it found.

    `rows` are a table under its heads, and `pictures` the files that were drawn. A check that was
    `skipped` says why in `measured`.
    """

    check: str
    measured: str
    symptoms: tuple[Symptom, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    pictures: tuple[Path, ...] = ()
    skipped: bool = False

    @property
    def wrong(self) -> bool:
        """Whether a mistake was found."""
        return any(each.wrong for each in self.symptoms)


@final
class CheckupOptions(Record):
    """How to examine a recipe: where its data are, on what device, and where pictures go.

    Without a `folder`, nothing is drawn.
    """

    folder: Path | None = None
    places: Places = Places()
    device: str | None = None
    workers: int | None = None
    quiet: bool = False


class DiagnosingBackend(TrainingBackend):
    """A backend that can say what is wrong with a recipe before, or while, it trains."""

    @abstractmethod
    def examine_recipe(
        self, recipe: Recipe, program: Program, options: CheckupOptions
    ) -> Iterator[CheckReport]:
        """The report of each check, one after the other, as soon as it is made."""


def diagnosing_backend() -> DiagnosingBackend:
    """The backend that trains."""
    found = backend("torch")
    assert isinstance(found, DiagnosingBackend)
    return found


def warned(warnings: Iterable[Caution]) -> CheckReport:
    """The report on the warnings of `netlang check`: those on axes and on training are findings."""
    told = tuple(_told(each) for each in warnings if each.code.startswith(("W02", "W03")))
    return CheckReport("the recipe", "warnings of `check`" if told else "no warnings", told)


def refusal(error: NetlangError) -> CheckReport:
    """The report on a recipe, or data, that training would refuse."""
    return CheckReport("the recipe", "refused", tuple(map(_told, error.diagnostics)))


def _told(problem: Diagnostic) -> Symptom:
    """An error or warning of `netlang check` as a finding."""
    caption = f": {problem.caption_text}" if problem.caption_text else ""
    return Symptom(problem.code, f"{problem.message}{caption}", problem.help_text, problem.span)
