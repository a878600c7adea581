"""Errors of the processes that read and prepare examples (E0788 to E0793)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "MemoryMissing",
    "NoSharedMemory",
    "SizesDiffer",
    "TooManyOpenFiles",
    "WorkerEnded",
    "WorkersRefused",
]


class WorkerEnded(Diagnostic):
    """`how` is a signal's name or an exit code."""

    code = "E0788"
    title = "a process that prepares examples was ended by {how}"
    help = (
        "where memory ran out, which the system's log tells, use fewer processes: `--workers 1`; "
        "`--workers 0` prepares examples in the training process itself"
    )

    how: str


class NoSharedMemory(Diagnostic):
    code = "E0789"
    title = (
        "there is no room for the {megabytes} MB through which batches come from"
        " {workers:process/processes}"
    )
    help = "use fewer processes, `--workers 1`, or a smaller `batch`; the system says: {reason}"

    megabytes: str
    workers: int
    reason: str


class TooManyOpenFiles(Diagnostic):
    code = "E0790"
    title = "too many files are open: this shell allows {limit}"
    help = "allow more with `ulimit -n 4096`, or use fewer processes: `--workers 1`"

    limit: str


class WorkersRefused(Diagnostic):
    code = "E0791"
    title = "the system starts no further process to prepare examples: {reason}"
    help = "use fewer, `--workers 1`, or none, `--workers 0`"

    reason: str


class SizesDiffer(Diagnostic):
    code = "E0792"
    title = "images of one batch must have one size: `{name}` is {actual}, others are {expected}"
    help = (
        "let the recipe bring them to one size: `augment: resize_shorter(256) -> center_crop(224)`"
    )

    name: str
    actual: str
    expected: str


class MemoryMissing(Diagnostic):
    code = "E0793"
    title = "there is not enough memory to prepare an example"
    help = "use fewer processes: `--workers 1`"
