"""Errors about a run's folder: in use, damaged, finished, too long to be read.

E0730, E0745, E0778, E0794 to E0796 and E0904.
"""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "CannotProlong", "FactsTooLong", "NoWholeCheckpoint", "RunAmongClasses", "RunLocked",
    "RunUnwritable", "TooManyTensors",
]  # fmt: skip


class RunLocked(Diagnostic):
    """`holder` is what the other process recorded about itself."""

    code = "E0794"
    title = "someone trains in `{folder}`: {holder}"
    help = "wait for that process or end it, or name another folder with `--out`"

    folder: str
    holder: str


class RunUnwritable(Diagnostic):
    """A full disk, a missing permission, a missing folder, or a failing disk."""

    code = "E0795"
    title = "can't write `{path}`: {reason}"
    help = "what was saved before is whole: go on with `--resume` when this is put right"

    path: str
    reason: str


class TooManyTensors(Diagnostic):
    """A file that readers would refuse isn't written."""

    code = "E0730"
    title = (
        "{tensors:,} tensors are too many for one file: their names and shapes take {size:,} bytes"
    )
    caption = "at most {limit:,} bytes are read, whoever wrote them"
    help = (
        "use an optimizer without memory, leave out `ema`, or replace many branches by one"
        " `conv(groups=...)`"
    )

    tensors: int
    size: int
    limit: int


class FactsTooLong(Diagnostic):
    """Names of classes, mostly: a reader would refuse the file of the weights."""

    code = "E0904"
    title = "what belongs to the weights takes {size:,} bytes: names of classes, above all"
    caption = "at most {limit:,} bytes are read, whoever wrote them, tensors' names included"
    help = "give the classes shorter names"

    size: int
    limit: int


class NoWholeCheckpoint(Diagnostic):
    """`reasons` says of each checkpoint why it can't be used."""

    code = "E0796"
    title = "no checkpoint in `{folder}` can be used: {reasons}"
    help = "put back a copy of one, or start a new run with `--out`"

    folder: str
    reasons: str


class CannotProlong(Diagnostic):
    code = "E0745"
    title = "the run in `{folder}` can't be prolonged: its schedule was made for {before}"
    caption = (
        "`{schedule}` lasts as long as the run: in a longer one its rates would have been others"
    )
    help = (
        "start a new run with `--out`, perhaps from these weights (`weights: pretrained(...)`);"
        " with a `length` for its schedule from the start, that run can be prolonged"
    )

    folder: str
    before: str
    schedule: str


class RunAmongClasses(Diagnostic):
    code = "E0778"
    title = "the run's folder `{folder}` lies among the classes in `{data}`"
    caption = "every folder there is a class"
    help = "name another folder with `--out`"

    folder: str
    data: str
