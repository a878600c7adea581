"""Errors of several processes that train together (E0770 to E0776)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "CannotShard", "OneDeviceEach", "OneExampleNormalized", "ProcessLost", "SeveralDevices",
]  # fmt: skip


class OneExampleNormalized(Diagnostic):
    """`label` is the batch norm."""

    code = "E0770"
    title = "batch norm `{label}` would see a single value of each channel in a process"
    caption = "a batch of {batch:example/examples}, {processes:process/processes}"
    help = (
        "write `sync_batch_norm: true`, which normalises over all processes, choose another"
        " `batch`, or use fewer processes"
    )

    label: str
    batch: int
    processes: int


class CannotShard(Diagnostic):
    """`reason` says which weights can't be sharded."""

    code = "E0771"
    title = "the weights of this net can't be shared out over processes: {reason}"
    help = (
        "give a `parameter` without axes one (`parameter([1])`), give all inputs of the net one"
        " type, or train without `--shard`"
    )

    reason: str


class ProcessLost(Diagnostic):
    code = "E0774"
    title = "another process of this run has ended: {what}"
    help = (
        "its own output or the system's log says why (often memory ran out); what was saved before"
        " is whole: start all of them again with `--resume`"
    )

    what: str


class SeveralDevices(Diagnostic):
    code = "E0775"
    title = "`{devices}` are {count} devices, and each needs a process of its own"
    help = "{advice}"

    devices: str
    count: int
    advice: str


class OneDeviceEach(Diagnostic):
    code = "E0776"
    title = "{processes} processes of this host can't all use `{device}`"
    help = "name `--device {kind}` alone: each process takes the device of its number"

    processes: int
    device: str
    kind: str
