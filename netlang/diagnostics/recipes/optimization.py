"""Errors about optimizers, schedules and losses (E0724 to E0769, E0805)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "AmbiguousValue",
    "BadOperand",
    "ClassWeightCount",
    "HalfGiven",
    "MuonWithoutMatrices",
    "NoMomentumToCycle",
    "NoSuchLabel",
    "NoWaves",
    "NoWeightDecay",
    "NotProbabilities",
    "NothingCompared",
    "NothingToFill",
    "NothingToTrain",
    "OperandShapes",
    "ScheduleOverrun",
    "SeveralPlateaus",
    "WhiteningTooLarge",
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


class NoWaves(Diagnostic):
    code = "E0805"
    title = "`snapshots` keeps weights at the end of each cosine wave, and {why}"
    caption = "nothing to keep"
    help = "let a wave end within the run: `schedule: cosine(restart={length}{unit})`"

    why: str
    length: int
    unit: str


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


class NotProbabilities(Diagnostic):
    """`why` says what lets the output out of 0..1."""

    code = "E0731"
    title = "`{function}` takes probabilities, and `{output}` of net `{net}` isn't one"
    caption = "{why}"
    help = "write `binary_cross_entropy_with_logits`, or end the output with `sigmoid`"

    function: str
    output: str
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


class ClassWeightCount(Diagnostic):
    code = "E0762"
    title = "`{setting}` has {given:number/numbers}, but `{output}` has {channels:channel/channels}"
    caption = "one number for each channel"
    help = "give {channels:number/numbers}"

    setting: str
    given: int
    output: str
    channels: str


class BadOperand(Diagnostic):
    code = "E0763"
    title = "a loss can't read this"
    caption = "no value, number or function of one value"
    help = "write names, numbers, `+ - * / **` and functions such as `exp(x)`"


class NothingToFill(Diagnostic):
    code = "E0764"
    title = "`{rule}` finds nothing to start in net `{net}`"
    caption = "{what}"
    help = "remove the rule, or name other kinds of weights with `of`"

    rule: str
    net: str
    what: str


class OperandShapes(Diagnostic):
    code = "E0765"
    title = "`{operation}` can't take {operands}"
    caption = "{why}"
    help = "combine values of one shape, or a value and a number; `mean` and `sum` give one number"

    operation: str
    operands: str
    why: str


class AmbiguousValue(Diagnostic):
    code = "E0766"
    title = "`{name}` is {first} and {second}"
    caption = "which one?"
    help = "give one of them another name"

    name: str
    first: str
    second: str


class NothingCompared(Diagnostic):
    code = "E0767"
    title = "this loss has no term for net `{net}` as it is deployed"
    caption = "auxiliary outputs and penalties count in training alone"
    help = "compare an output with a target: `cross_entropy({output}, label)`"

    net: str
    output: str


class HalfGiven(Diagnostic):
    code = "E0768"
    title = "`standardize` has a `{given}`, but no `{missing}`"
    caption = "half is given"
    help = "give both, or none: then they are computed from the training data"

    given: str
    missing: str


class WhiteningTooLarge(Diagnostic):
    code = "E0769"
    title = "`{name}` needs a square matrix over all elements of the input: there are {elements}"
    caption = "at most {limit} elements"
    help = "take smaller inputs, or `standardize`"

    name: str
    elements: int
    limit: int
