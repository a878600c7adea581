"""Errors about the sections of recipes, `step` and `draw`, and about samples (E0820 to E0835)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "BesideSteps", "DistanceUnfit", "DrawnInput", "EmptyRange", "LeftUntrained", "NoGradientThere",
    "NotForSteps", "NotWithSteps", "OutsideStep", "SamplesUnfit", "SectionName",
    "StepKeyMissing", "TooManyTurns", "TrainsNothing",
    "UnknownSection", "UnknownSectionKey",
]  # fmt: skip


class UnknownSection(Diagnostic):
    code = "E0820"
    title = "a recipe has no section `{kind}`"
    caption = "unknown section"
    help = "there are `step NAME {{ ... }}` and `draw {{ ... }}`"

    kind: str


class SectionName(Diagnostic):
    """`what` says what is wrong with the name; `example` is the beginning of a right section."""

    code = "E0821"
    title = "{what}"
    caption = "here"
    help = "write `{example} {{ ... }}`"

    what: str
    example: str


class UnknownSectionKey(Diagnostic):
    code = "E0822"
    title = "a `step` has no key `{key}`"
    caption = "unknown key"
    help = "the keys of a `step` are {available}"

    key: str
    available: str


class BesideSteps(Diagnostic):
    code = "E0823"
    title = "`{key}` is given for the recipe, and each of its steps has one"
    caption = "which step is it for?"
    help = "remove it here: a `step` has its own `{key}`"

    key: str


class NotWithSteps(Diagnostic):
    code = "E0824"
    title = "{what} can't be combined with `step` sections"
    caption = "{why}"
    help = "{advice}"

    what: str
    why: str
    advice: str


class LeftUntrained(Diagnostic):
    code = "E0825"
    title = "no step trains the weights below `{label}`"
    caption = "net `{net}` has them"
    help = 'name `{label}` in `train` of a step, or leave them as they are: `freeze: ["{label}"]`'

    label: str
    net: str


class DrawnInput(Diagnostic):
    code = "E0826"
    title = "`{input}` can't be drawn: {why}"
    caption = "here"
    help = "{advice}"

    input: str
    why: str
    advice: str


class OutsideStep(Diagnostic):
    code = "E0827"
    title = "`{function}` stands in a `step` only"
    caption = "a loss of a recipe is also a score, and scores have no gradient"
    help = "write `step NAME {{ ... }}` with this loss"

    function: str


class NoGradientThere(Diagnostic):
    code = "E0828"
    title = "`{score}` doesn't depend on `{at}`, so it has no gradient there"
    caption = "nothing leads from `{at}` to `{score}`"
    help = "take an input, or an output of the net from which `{score}` is computed"

    score: str
    at: str


class TrainsNothing(Diagnostic):
    code = "E0829"
    title = "`step {step}` trains nothing"
    caption = "{why}"
    help = "{advice}"

    step: str
    why: str
    advice: str


class EmptyRange(Diagnostic):
    code = "E0830"
    title = "no number is from {low} to below {high}"
    caption = "an empty range"
    help = "write the smaller number first"

    low: str
    high: str


class StepKeyMissing(Diagnostic):
    code = "E0831"
    title = "`step {step}` doesn't say {what}"
    caption = "`{key}` is missing"
    help = "add a line such as `{example}`"

    step: str
    key: str
    what: str
    example: str


class NotForSteps(Diagnostic):
    """`what` is a command or an option, and `why` the reason."""

    code = "E0832"
    title = "{what} can't work with recipe `{recipe}`: it has {section}"
    caption = "{why}"
    help = "{advice}"

    what: str
    recipe: str
    section: str
    why: str
    advice: str


class SamplesUnfit(Diagnostic):
    """`why` says what `output` is instead of an image."""

    code = "E0833"
    title = "`samples` can't show `{output}`: {why}"
    caption = "here"
    help = "{advice}"

    output: str
    why: str
    advice: str


class DistanceUnfit(Diagnostic):
    code = "E0834"
    title = "the distance of `{output}` can't be measured: {why}"
    help = "{advice}"

    output: str
    why: str
    advice: str = "both nets need the outputs that are named, and images of one shape"


class TooManyTurns(Diagnostic):
    code = "E0835"
    title = "a recipe has at most {most} steps that take turns"
    caption = "one more; those after it aren't read"
    help = "one step can train several parts: `train` takes a list of labels"

    most: int
