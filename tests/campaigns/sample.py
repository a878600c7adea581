"""Trials to try the scaffold on: some fail, one raises, one ends its process."""

from __future__ import annotations

import os
from dataclasses import dataclass

from netlang.ir.verification import asked
from tests.campaigns.running import MOST, Failure, Verdict

__all__ = ["DIES", "FAILS", "RAISES", "Below", "harmless", "trial", "verifying"]

DIES, FAILS, RAISES = MOST + 3, MOST + 5, MOST + 7


def trial(number: int) -> Verdict:
    """Three kinds of failure, at three numbers."""
    if number == DIES:
        os._exit(9)
    if number == RAISES:
        raise ValueError("of this number")
    found = (Failure("a failure", "its details"),) if number == FAILS else ()
    return Verdict(found, {"trials": 1})


def harmless(number: int) -> Verdict:
    """Never a failure."""
    return Verdict((), {"trials": 1})


def verifying(number: int) -> Verdict:
    """Says whether the compiler checks its invariants here."""
    return Verdict((), {f"verified: {asked()}": 1})


@dataclass(frozen=True)
class Below:
    """Trials that an option makes: those of smaller index than `most` are counted."""

    most: int = 0

    def __call__(self, number: int) -> Verdict:
        return Verdict((), {f"trials: {number % MOST}": 1} if number % MOST < self.most else {})
