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

__all__ = ["CASE", "Check", "SpecTrials", "replayed", "spec_campaign"]

CASE = "case.net"
Check: TypeAlias = Callable[[Spec, int], tuple[list[str], dict[str, int]]]
"""From a spec and the number of its trial to what is wrong, and what is to be counted."""


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
        number = int(failure.files["number"])

        def fails(spec: Spec) -> bool:
            found, _ = self._judged(spec, number)
            return found is not None and found.what == failure.what

        small, _ = self._judged(shrunk(read_spec(failure.files[CASE]), fails), number)
        return small or failure

    def _judged(self, spec: Spec, number: int) -> tuple[Failure | None, dict[str, int]]:
        files = {CASE: spec.saved(), "number": str(number)}
        try:
            found, counts = self.check(spec, number)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} in {Path(place.filename).name}, {place.name}"
            return Failure(what, f"{error}\n{spec.saved()}", files), {}
        if not found:
            return None, counts
        what = " ".join(found[0].split()[:3])
        return Failure(what, "\n".join([*found[:8], spec.saved()]), files), counts


def spec_campaign(
    name: str, about: str, generate: Callable[[int], Generated], check: Check
) -> Campaign:
    """A campaign that makes a spec of each number and checks it."""
    trials = SpecTrials(generate, check)
    return Campaign(name, about, trials, trials.shrink)


def replayed(folder: Path, check: Check) -> list[str]:
    """What is wrong with a case that was kept."""
    spec = read_spec((folder / CASE).read_text(encoding="utf-8"))
    number = folder / "number"
    found, _ = check(spec, int(number.read_text()) if number.exists() else 0)
    return found
