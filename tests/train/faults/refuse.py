"""`python -m tests.train.faults.refuse --seed 1`: the system refuses one call, or all from it on.

A full disk (ENOSPC), a lost permission (EACCES) and a failing disk (EIO), at each call that changes
a file. The run ends with a coded error; every file is whole, what was committed is there, and when
the cause is put right the run goes on and ends bit for bit as one that nobody disturbed.
"""

from __future__ import annotations

import errno
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.campaigns.campaign import Campaign, Failure, Verdict
from tests.campaigns.running import command
from tests.train.faults.attempt import attempt
from tests.train.faults.disk import KINDS, Call, Fine
from tests.train.faults.kill import different, standing
from tests.train.faults.whole import whole

__all__ = ["CAMPAIGN", "Refusal", "total", "trial"]

_ERRORS = (errno.ENOSPC, errno.EACCES, errno.EIO)
_CODE = "E0795"


class Refusal(Fine):
    """The `number`-th call of all is refused with `error`, and with `lasting` every later one."""

    def __init__(self, number: int, error: int, *, lasting: bool, partial: bool) -> None:
        self._number, self._error = number, error
        self._lasting, self._partial = lasting, partial
        self._seen = 0
        self._short = False

    def before(self, call: Call) -> None:
        self._seen += 1
        refused = self._seen - 1 == self._number or (self._lasting and self._seen > self._number)
        self._short = refused and self._partial and call.kind == "write"
        # What is full or read-only can still be read and made shorter.
        harmless = self._error == errno.ENOSPC and call.kind in ("unlink", "rotate", "rename")
        if refused and not self._short and not (harmless and self._lasting):
            self._refuse(call)

    def length(self, call: Call) -> int:
        return call.size // 2 if self._short else call.size

    def after(self, call: Call) -> None:
        if self._short:
            self._refuse(call)

    def _refuse(self, call: Call) -> None:
        raise OSError(self._error, os.strerror(self._error), str(call.path))


def trial(number: int) -> Verdict:
    """Each call in turn, each error in turn."""
    generator = random.Random(number)
    place, error = number // len(_ERRORS) % _calls(), _ERRORS[number % len(_ERRORS)]
    lasting, partial = generator.random() < 0.5, generator.random() < 0.5
    with tempfile.TemporaryDirectory() as folder:
        wrong, kind = _refused(
            Path(folder, "run"), Refusal(place, error, lasting=lasting, partial=partial)
        )
    name = errno.errorcode[error]
    failures = (Failure(f"{name} at {kind}: {wrong}", f"call {place}"),) if wrong else ()
    return Verdict(failures, Counter([f"{name}: {kind}"]))


def total() -> int:
    """How many trials there are: a call and an error each."""
    return _calls() * len(_ERRORS)


def _calls() -> int:
    return sum(whole().report.counts.get(kind, 0) for kind in KINDS)


def _refused(out: Path, refusal: Refusal) -> tuple[str, str]:
    """What is wrong after a refusal, if anything; and where it was."""
    report = attempt(out, refusal)
    where = report.message.partition("`")[2].partition("`")[0]
    kind = Path(where).name.partition("-")[0]
    if report.code != _CODE:
        return f"ended with {report.code or report.message or 'no error'}", kind
    if wrong := standing(out, report.committed):
        return wrong, kind
    last = attempt(out)
    if not last.ended:
        return f"the run doesn't go on: {last.code} {last.message}", kind
    if last.begun < report.committed:
        return f"committed {report.committed}, went on from {last.begun}", kind
    return different(out), kind


CAMPAIGN = Campaign("refuse", "The system refuses a call.", trial, chunk=10, count=1206)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
