"""`python -m tests.train.faults.shards --count 120 --seed 1`: faults where weights are shared out.

Two processes train, each of which writes its part of a checkpoint. To one of them, by turns, it
happens to be killed (at a random moment, a write, an fsync, a rename, a removal), to be refused a
call (ENOSPC, EACCES, EIO), or to get a signal; or a file of the newest checkpoint is damaged.
Whatever it is, all processes end, with one message; what was committed is there; and the run goes
on and ends bit for bit as one that nobody disturbed.

With `--writer 2` a writer with a mistake takes part, with 4 a reader: the campaign has to fail.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from netlang.backends.torch.train.files.shards import ShardFolder
from tests.campaigns.campaign import Campaign, Failure, Option, Trial, Verdict
from tests.campaigns.running import command
from tests.train.faults.attempt import QUIET, AtCall, AtEvent, Report
from tests.train.faults.damage import DAMAGES
from tests.train.faults.disk import KINDS
from tests.train.faults.kill import lost, standing
from tests.train.faults.refuse import Refusal
from tests.train.faults.subject import ended, other_files
from tests.train.faults.together import COUNT, attempt_together, undisturbed
from tests.train.faults.whole import damaged, newest
from tests.train.faults.writers import WRITERS

__all__ = ["CAMPAIGN", "trial"]

_MOMENTS = ("event", "event", "write", "fsync", "rename", "unlink")
_WHAT = ("kill", "refuse", "kill", "damage", "stop")
# A process that was killed leaves another without connection.
_LOST = "E0774"
_REFUSED = "E0795"


def trial(number: int, writer: int = 0) -> Verdict:
    """Something happens to a run, which then goes on."""
    generator = random.Random(number)
    what = _WHAT[number % len(_WHAT)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "run")
        wrong = _FAULTS[what](out, generator, _BAD.get(writer)) or _goes_on(out)
    failures = (Failure(f"{what}: {wrong}", f"trial {number}"),) if wrong else ()
    return Verdict(failures, Counter([what]))


def trial_of(writer: int) -> Trial:
    """Trials with a mistake; 0 for ours."""
    return partial(trial, writer=writer)


def _goes_on(out: Path) -> str:
    """What is wrong with the run as it goes on and ends, if anything."""
    reports = attempt_together(out)
    if not all(each.ended for each in reports):
        return f"the run doesn't go on: {_codes(reports)} {reports[0].message}"
    if wrong := other_files(undisturbed().files, ended(out)):
        return wrong
    left = [path.name for path in out.rglob(".*.tmp")]
    return f"left behind: {left}" if left else ""


def _codes(reports: list[Report]) -> list[str]:
    return [each.code for each in reports]


def _killed(out: Path, generator: random.Random, prepare: Callable[[], None] | None) -> str:
    """Up to three times."""
    committed = -1
    for _ in range(generator.randint(1, 3)):
        faulty = generator.randrange(COUNT)
        reports = attempt_together(out, faulty, _moment(faulty, generator), prepare)
        if not reports[faulty].killed:
            break
        if wrong := _alone(reports, faulty) or lost(committed, reports[0].begun):
            return wrong
        committed = max(committed, reports[0].committed)
        if wrong := standing(out, committed):
            return wrong
    return ""


def _alone(reports: list[Report], faulty: int) -> str:
    """Of the others one says that a process is gone, if they hadn't ended before."""
    codes = {each.code for rank, each in enumerate(reports) if rank != faulty}
    return "" if codes <= {_LOST, ""} else f"the others ended with {codes}"


def _moment(faulty: int, generator: random.Random) -> AtCall | AtEvent:
    told = undisturbed().reports[faulty]
    kind = generator.choice(_MOMENTS)
    if kind == "event" or not told.counts.get(kind):
        return _event(faulty, generator)
    when = generator.choice(("before", "after", "within" if kind == "write" else "after"))
    return AtCall(kind, generator.randrange(told.counts[kind]), when, generator.random())


def _event(faulty: int, generator: random.Random) -> AtEvent:
    """A moment after all have joined: until then it is `torchrun` that ends those that wait."""
    told = undisturbed().reports[faulty]
    return AtEvent(generator.randrange(told.alone, told.events))


def _refused(out: Path, generator: random.Random, prepare: Callable[[], None] | None) -> str:
    faulty = generator.randrange(COUNT)
    counts = undisturbed().reports[faulty].counts
    number = generator.randrange(sum(counts.get(kind, 0) for kind in KINDS))
    error = generator.choice((errno.ENOSPC, errno.EACCES, errno.EIO))
    lasting, half = generator.random() < 0.5, generator.random() < 0.5
    refusal = Refusal(number, error, lasting=lasting, partial=half)
    reports = attempt_together(out, faulty, refusal, prepare)
    # One of them says so, and the others nothing; they may have ended before.
    codes = _codes(reports)
    if codes.count(_REFUSED) != 1 or not {*codes} <= {_REFUSED, QUIET, ""}:
        return f"ended with {_codes(reports)} {[each.message for each in reports]}"
    return standing(out, reports[0].committed)


def _stopped(out: Path, generator: random.Random, prepare: Callable[[], None] | None) -> str:
    faulty = generator.randrange(COUNT)
    moment = _event(faulty, generator)
    reports = attempt_together(
        out, faulty, moment, prepare, lambda: os.kill(os.getpid(), signal.SIGTERM)
    )
    if reports[faulty].killed:
        # Before it listened to signals.
        return _alone(reports, faulty)
    signals = {each.signal for each in reports}
    if signals not in ({None}, {signal.SIGTERM}) or any(_codes(reports)):
        return f"stopped by {signals}, codes {_codes(reports)}"
    saved = newest(out)
    return "" if saved == reports[0].committed else f"saved {saved}, not {reports[0].committed}"


def _damaged(out: Path, generator: random.Random, prepare: Callable[[], None] | None) -> str:
    # The old one has just been removed, and two are there.
    removals = undisturbed().reports[0].counts["rmdir"]
    moment = AtCall("rmdir", generator.randrange(removals), "after")
    if not attempt_together(out, 0, moment)[0].killed:
        return "there was no such moment"
    older, newer = sorted(out.glob("checkpoints/0*"))
    both = generator.random() < 0.2
    for path in (older, newer) if both else (newer,):
        _spoil(path, older, generator, flip=both)
    reports = attempt_together(out, prepare=prepare)
    if both:
        named = all(path.name in reports[0].message for path in (older, newer))
        # Two damaged checkpoints stay refused: the run begins anew.
        shutil.rmtree(out)
        right = reports[0].code == "E0796" and named
        return "" if right else f"ended with {_codes(reports)} {reports[0].message}"
    if reports[0].begun != int(older.name.split("-")[0]):
        return f"went on from {reports[0].begun} instead of {older.name}"
    if not any(newer.name in each for each in reports[0].said):
        return f"nothing is said of {newer.name}: {reports[0].said}"
    return "; ".join(damaged(out))


def _spoil(path: Path, other: Path, generator: random.Random, *, flip: bool) -> None:
    """Something happens to a file of a checkpoint."""
    file = generator.choice(sorted(path.iterdir()))
    what = (
        "a flipped bit"
        if flip
        else generator.choice([*DAMAGES, "gone", "another's", "a flipped bit"])
    )
    if what == "gone":
        file.unlink()
    elif what == "another's":
        file.write_bytes((other / file.name).read_bytes())
    else:
        file.write_bytes(DAMAGES[what](file.read_bytes(), generator))


def _trusting() -> None:
    """A reader that looks at the manifest alone."""
    ShardFolder._digest = lambda self, shard: shard.digest  # type: ignore[method-assign]  # patched


_BAD = {2: WRITERS[2], 4: _trusting}
_FAULTS = {"kill": _killed, "refuse": _refused, "damage": _damaged, "stop": _stopped}

CAMPAIGN = Campaign(
    "shards",
    "Faults in one of several processes, each of which writes a part of the checkpoints.",
    trial,
    option=Option("--writer", "take a mistake along: 2 a writer's, 4 a reader's", trial_of),
    chunk=5,
    count=120,
)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
