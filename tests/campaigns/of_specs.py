"""Campaigns over random specs: a check of one spec becomes trials that shrink what fails."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, final

from tests.campaigns.generator import Generated
from tests.campaigns.running import Campaign, Failure, Verdict
from tests.campaigns.shrink import shrunk
from tests.campaigns.subject import Spec, read_spec

__all__ = [
    "CASE",
    "Check",
    "SpecTrials",
    "failure_of",
    "kept",
    "replayed",
    "smaller",
    "spec_campaign",
]

CASE = "case.net"
NUMBER = "number"
Check: TypeAlias = Callable[[Spec, int], tuple[list[str], dict[str, int]]]
"""From a spec and the number of its trial to what is wrong, and what is to be counted."""


def failure_of(spec: Spec, number: int, what: str, details: str) -> Failure:
    """The failure of a spec, which is told with it and kept as a case of it."""
    files = {CASE: spec.saved(), NUMBER: str(number)}
    return Failure(what, f"{details}\n{spec.saved()}", files)


def smaller(failure: Failure, judged: Callable[[Spec, int], Failure | None]) -> Failure:
    """The same fault in a shorter spec; the failure as it is where it doesn't show again."""
    number = int(failure.files[NUMBER])

    def fails(spec: Spec) -> bool:
        found = judged(spec, number)
        return found is not None and found.what == failure.what

    whole = read_spec(failure.files[CASE])
    return (judged(shrunk(whole, fails), number) if fails(whole) else None) or failure


@final
@dataclass(frozen=True)
class SpecTrials:
    """The trials of a campaign over specs; a class, so that other processes get it by name."""

    generate: Callable[[int], Generated]
    check: Check

    def __call__(self, number: int) -> Verdict:
        failure, counts = self._judged(Spec.of(self.generate(number)), number)
        return Verdict((failure,) if failure else (), counts)

    def shrink(self, failure: Failure) -> Failure:
        """The same fault in a shorter spec."""
        return smaller(failure, lambda spec, number: self._judged(spec, number)[0])

    def _judged(self, spec: Spec, number: int) -> tuple[Failure | None, dict[str, int]]:
        try:
            found, counts = self.check(spec, number)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} in {Path(place.filename).name}, {place.name}"
            return failure_of(spec, number, what, str(error)), {}
        if not found:
            return None, counts
        what = " ".join(found[0].split()[:3])
        return failure_of(spec, number, what, "\n".join(found[:8])), counts


def spec_campaign(
    name: str, about: str, generate: Callable[[int], Generated], check: Check
) -> Campaign:
    """A campaign that makes a spec of each number and checks it."""
    trials = SpecTrials(generate, check)
    return Campaign(name, about, trials, trials.shrink)


def kept(folder: Path) -> tuple[Spec, int]:
    """The spec of a case that was kept, and the number of its trial."""
    number = folder / NUMBER
    spec = read_spec((folder / CASE).read_text(encoding="utf-8"))
    return spec, int(number.read_text()) if number.exists() else 0


def replayed(folder: Path, check: Check) -> list[str]:
    """What is wrong with a case that was kept."""
    return check(*kept(folder))[0]
