"""Errors about batches and epochs, found before the recipe runs (E0742 to E0744, E0802, E0803)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "AveragedTwice", "AveragesLate", "NothingToWatch", "OneValueNormalized", "TooManyParts",
]  # fmt: skip


class NothingToWatch(Diagnostic):
    code = "E0742"
    title = "`early_stopping` looks at a validation part, and there is none"
    caption = "nothing to look at"
    help = "hold examples out with `validation: 0.2`"


class TooManyParts(Diagnostic):
    code = "E0743"
    title = "a batch of {batch} can't be computed in {parts} parts"
    caption = "more parts than examples"
    help = "write `accumulate: {batch}` at most"

    batch: int
    parts: int


class OneValueNormalized(Diagnostic):
    """`label` is the batch norm; `what` says why a batch has a single example."""

    code = "E0744"
    title = "batch norm `{label}` would see one value of each channel, which has no deviation"
    caption = "{what}"
    help = "compute at least two examples at once, or freeze `{label}`"

    label: str
    what: str


class AveragedTwice(Diagnostic):
    code = "E0802"
    title = "`ema` and `swa` are two averages of the weights, and a run has one"
    caption = "the second one"
    help = "remove one of them"


class AveragesLate(Diagnostic):
    code = "E0803"
    title = "the run ends before `swa` averages weights"
    caption = "first after epoch {first}; the run has {epochs:whole epoch/whole epochs}"
    help = "{advice}"

    first: int
    epochs: int
    advice: str
