"""Errors about how weights change: optimizers, groups, schedules (E0724 to E0729, E0761)."""

from __future__ import annotations

from netlang.diagnostics.core import Diagnostic

__all__ = [
    "MuonWithoutMatrices",
    "NoMomentumToCycle",
    "NoSuchLabel",
    "NoWeightDecay",
    "NothingToTrain",
    "ScheduleOverrun",
    "SeveralPlateaus",
]


class ScheduleOverrun(Diagnostic):
    code = "E0724"
    title = "the run ends before `{name}` {what}"
    caption = "{needed} of {steps}"
    help = "shorten the schedule or train longer"

    name: str
    what: str
    needed: str
    steps: str


class SeveralPlateaus(Diagnostic):
    code = "E0725"
    title = "a schedule has one `plateau` at most"
    caption = "a second one"
    help = "keep one of them"


class NoMomentumToCycle(Diagnostic):
    code = "E0726"
    title = "`one_cycle` changes the momentum, but `{optimizer}` has none"
    caption = "no momentum"
    help = "write `one_cycle(cycle_momentum=false)`, or take an optimizer with momentum"

    optimizer: str


class NoSuchLabel(Diagnostic):
    code = "E0727"
    title = "net `{net}` has no weights below `{label}`{nearest}"
    caption = "no such label"
    help = "labels are keys of weights, or what stands before a dot in them: {available}"

    net: str
    label: str
    nearest: str
    available: str


class NothingToTrain(Diagnostic):
    code = "E0728"
    title = "there is nothing to train in net `{net}`: {why}"
    caption = "nothing is left"
    help = "give the net weights, or freeze fewer of them"

    net: str
    why: str


class NoWeightDecay(Diagnostic):
    code = "E0729"
    title = "`no_decay` spares weights from a decay that `{optimizer}` doesn't have"
    caption = "nothing decays"
    help = "give the optimizer a `weight_decay`, or remove `no_decay`"

    optimizer: str


class MuonWithoutMatrices(Diagnostic):
    code = "E0761"
    title = "`muon` is for matrices, but net `{net}` has none to train"
    caption = "filters of convolutions go to AdamW, and so would all weights"
    help = "write `adamw(lr=...)`"

    net: str
