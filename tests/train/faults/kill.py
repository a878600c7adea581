"""`python -m tests.train.faults.kill --count 500 --seed 1`: killed runs end as all others do.

Of ten trials, six kill the process at a random moment (a call of any Python or C function), one
each at a write, an fsync, a rename and the removal of an old checkpoint. In every second one the
machine then loses its power as well: what wasn't flushed may be gone, old or torn. The run goes on,
may be killed again, and in the end every file is bit for bit that of a run that nobody disturbed.

With `--writer 1`, 2 or 3 a writer with a mistake takes part: the campaign has to fail.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

from tests.campaigns.campaign import Campaign, Failure, Option, Trial, Verdict
from tests.campaigns.running import command
from tests.train.faults.attempt import AtCall, AtEvent, attempt
from tests.train.faults.power import cut_power
from tests.train.faults.subject import ended, other_files
from tests.train.faults.whole import damaged, newest, whole
from tests.train.faults.writers import WRITERS

__all__ = ["CAMPAIGN", "different", "lost", "standing", "trial", "trial_of"]

_KINDS = ("event",) * 6 + ("write", "fsync", "rename", "rotate")
_MOST_KILLS = 3


def trial(number: int, writer: int = 0) -> Verdict:
    """Kill the run of a number up to three times, then let it end."""
    generator = random.Random(number)
    kind = _KINDS[number % len(_KINDS)]
    counts = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        wrong = _killed(Path(folder, "run"), kind, generator, writer, counts)
    failures = (Failure(f"after a kill at {kind}: {wrong}", f"trial {number}"),) if wrong else ()
    return Verdict(failures, counts)


def trial_of(writer: int) -> Trial:
    """Trials with one of the bad writers; 0 for ours."""
    return partial(trial, writer=writer)


def _killed(
    out: Path, kind: str, generator: random.Random, writer: int, counts: Counter[str]
) -> str:
    """What is wrong after some kills, if anything."""
    prepare = WRITERS.get(writer)
    committed = -1
    for _ in range(generator.randint(1, _MOST_KILLS)):
        report = attempt(out, _moment(kind, generator), prepare)
        if not report.killed:
            break
        counts[f"kills at {kind}"] += 1
        if wrong := lost(committed, report.begun):
            return wrong
        committed = max(committed, report.committed)
        if wrong := standing(out, committed):
            return wrong
        if generator.random() < 0.5:
            counts["power cuts"] += 1
            cut_power(out, report, generator)
            if wrong := standing(out, committed):
                return f"and a power cut: {wrong}"
    last = attempt(out, prepare=prepare)
    if not last.ended:
        return f"the run doesn't go on: {last.code} {last.message}"
    return lost(committed, last.begun) or different(out)


def _moment(kind: str, generator: random.Random) -> AtCall | AtEvent:
    """A moment of a whole run; a run that goes on may end before it."""
    told = whole().report
    if kind == "event":
        return AtEvent(generator.randrange(told.events))
    when = ("before", "after", "within" if kind == "write" else "after")
    return AtCall(
        kind, generator.randrange(told.counts[kind]), generator.choice(when), generator.random()
    )


def lost(committed: int, begun: int) -> str:
    """Going on from before what was committed; -1 where a process was killed before it went on."""
    return f"committed {committed}, went on from {begun}" if 0 <= begun < committed else ""


def standing(out: Path, committed: int) -> str:
    """What is wrong with a folder whose run was told that it had committed that step."""
    if found := damaged(out):
        return f"damaged: {found[0]}"
    kept = newest(out)
    return f"committed {committed}, the newest whole one is {kept}" if kept < committed else ""


def different(out: Path) -> str:
    """Which files of a run that ended aren't those of the undisturbed one."""
    return other_files(whole().files, ended(out))


CAMPAIGN = Campaign(
    "kill",
    "Killed runs end as all others do.",
    trial,
    option=Option("--writer", "take a writer with a mistake: 1 in place, 2, 3", trial_of),
    chunk=10,
    count=500,
)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
