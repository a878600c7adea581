"""`python -m tests.train.faults.stop --count 50 --seed 1`: a signal at a random moment.

SIGTERM in every second trial, else Ctrl-C, SIGUSR1 or SIGHUP. The run saves a checkpoint at the
step that it has come to, says by which signal it was stopped, and goes on to end bit for bit as one
that nobody disturbed. The moments are calls of any function, so evaluations and the writing of
files are among them.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.campaigns.campaign import Campaign, Failure, Verdict
from tests.campaigns.running import command
from tests.train.faults.attempt import AtEvent, Report, attempt
from tests.train.faults.kill import different, standing
from tests.train.faults.whole import newest, whole

__all__ = ["CAMPAIGN", "trial"]

_OTHERS = (signal.SIGINT, signal.SIGUSR1, signal.SIGHUP)


def trial(number: int) -> Verdict:
    """Stop the run of a number, up to three times."""
    generator = random.Random(number)
    chosen = signal.SIGTERM if number % 2 == 0 else generator.choice(_OTHERS)
    counts = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        wrong = _stopped(Path(folder, "run"), chosen, generator, counts)
    failures = (Failure(f"{chosen.name}: {wrong}", f"trial {number}"),) if wrong else ()
    return Verdict(failures, counts)


def _stopped(
    out: Path, chosen: signal.Signals, generator: random.Random, counts: Counter[str]
) -> str:
    reached = -1
    for _ in range(generator.randint(1, 3)):
        moment = AtEvent(generator.randrange(whole().report.events))
        report = attempt(out, moment, _caught, lambda: os.kill(os.getpid(), chosen))
        counts[_outcome(report, chosen)] += 1
        if 0 <= report.begun < reached:
            return f"had come to {reached}, went on from {report.begun}"
        if report.signal is not None:
            reached = newest(out)
            if report.signal != chosen:
                return f"says that it was stopped by {report.signal}"
        if wrong := standing(out, max(report.committed, reached)):
            return wrong
    last = attempt(out)
    if not last.ended:
        return f"the run doesn't go on: {last.code} {last.message}"
    return different(out)


def _outcome(report: Report, chosen: signal.Signals) -> str:
    if report.signal is not None:
        return f"{chosen.name}: saved and stopped"
    return f"{chosen.name}: {'ended by it before it began' if report.killed else 'over already'}"


def _caught() -> None:
    """As in a terminal: a process in the background may have been told to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


CAMPAIGN = Campaign("stop", "A signal lets a run save its state.", trial, chunk=10, count=50)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
