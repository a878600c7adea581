"""Errors in the structure of a body: labels, taps, inputs, limits (E0222, E05xx, E06xx, E08xx)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "AssertFailed",
    "AssertOnNoNet",
    "BadLabelText",
    "BodyNotAllowed",
    "BodyTwice",
    "BranchNotSingle",
    "DuplicateLabel",
    "DuplicateOutput",
    "EmptyMerge",
    "EmptySuite",
    "HoleLeft",
    "LabelInsideInstance",
    "MisplacedStatement",
    "NoOutput",
    "NotAnInstance",
    "NothingToApply",
    "NothingToRead",
    "OnlyBounded",
    "OutputElsewhere",
    "StepWithoutEffect",
    "TooManySteps",
    "WeightsDiffer",
]


class DuplicateLabel(Diagnostic):
    code = "E0501"
    title = "label `{label}` is used twice"
    caption = "a label is unique in its net"
    help = "number the labels (`{label}{{i}}`), or leave the label out"

    label: str


class LabelInsideInstance(Diagnostic):
    code = "E0502"
    title = "label `{label}` lies inside `{instance}`, which is a step of its own"
    caption = "`{instance}` is not a scope"
    help = "choose a label that doesn't begin with `{instance}.`"

    label: str
    instance: str


class StepWithoutEffect(Diagnostic):
    code = "E0503"
    title = "this step leads to no output"
    caption = "nothing reads its value"
    help = "use the value, make it an `output`, or remove the step"


class NoOutput(Diagnostic):
    code = "E0505"
    title = "`{name}` has no step"
    caption = "its output would be its input"
    help = "add a step to its body"

    name: str


class BadLabelText(Diagnostic):
    code = "E0506"
    title = "`{text}` can't be part of a label"
    caption = "{why}"
    help = "use letters, digits, `_` and `-`"

    text: str
    why: str


class EmptySuite(Diagnostic):
    """`what` is a scope, or the body of a block, call, loop or condition."""

    code = "E0222"
    title = "{what} is empty"
    caption = "there is nothing in it"
    help = "{advice}"

    what: str
    advice: str


class EmptyMerge(Diagnostic):
    code = "E0507"
    title = "`{name}` has no branch"
    caption = "each statement inside is a branch"
    help = "write the branches; `identity` is the current value itself"

    name: str


class BranchNotSingle(Diagnostic):
    code = "E0508"
    title = "a branch of `{name}` must end in one value, not {count}"
    caption = "{count} values"
    help = "merge them first, or pick one by its label"

    name: str
    count: int


class BodyNotAllowed(Diagnostic):
    code = "E0509"
    title = "`{name}` takes no body"
    caption = "{why}"
    help = "put the steps after it: `{name} -> ...`"

    name: str
    why: str


class BodyTwice(Diagnostic):
    code = "E0510"
    title = "`body` is applied twice"
    caption = "a block applies the body it is given at most once"
    help = "pass a layer as a parameter where a part is needed several times"


class DuplicateOutput(Diagnostic):
    code = "E0518"
    title = "output `{name}` is declared twice"
    caption = "declared before"
    help = "choose another name"

    name: str


class OutputElsewhere(Diagnostic):
    code = "E0526"
    title = "output `{name}` would not be the value that is labelled `{name}`"
    caption = "alone, this is the current value"
    help = "write `output {name}: {name}` for the labelled value, or give the output another name"

    name: str


class NotAnInstance(Diagnostic):
    code = "E0519"
    title = "`{label}` can't be reused"
    caption = "it names {what}, not an operator or block with weights of its own"
    help = "label the operator or block call itself"

    label: str
    what: str


class WeightsDiffer(Diagnostic):
    code = "E0520"
    title = "`{label}` can't be reused here: its weights would have other shapes"
    caption = "`{weight}` is {expected} there and {actual} here"
    help = "bring the value to the shape that `{label}` had as input"

    label: str
    weight: str
    expected: str
    actual: str


class MisplacedStatement(Diagnostic):
    code = "E0521"
    title = "{what} can't stand here"
    caption = "{why}"
    help = "{advice}"

    what: str
    why: str
    advice: str


class NothingToRead(Diagnostic):
    code = "E0522"
    title = "there is no current value here"
    caption = "this step needs an input"
    help = "start the path at a labelled value: `x -> ...`"


class NothingToApply(Diagnostic):
    code = "E0523"
    title = "`{name}` was given no body"
    caption = "it applies `body`"
    help = "write the steps in braces after it: `{name} {{ ... }}`"

    name: str


class AssertFailed(Diagnostic):
    code = "E0601"
    title = "{statement}"
    caption = "{found}"
    help = "{advice}"

    statement: str
    found: str
    advice: str


class AssertOnNoNet(Diagnostic):
    code = "E0602"
    title = "an assert of a file speaks about nets, and `{name}` is {kind}"
    caption = "only a net says what its input is, and so has figures"
    help = "{advice}"

    name: str
    kind: str
    advice: str


class OnlyBounded(Diagnostic):
    code = "E0527"
    title = "of `{what}` only a bound is known, which doesn't decide this"
    caption = "{known}"
    help = "{advice}"

    what: str
    known: str
    advice: str


class HoleLeft(Diagnostic):
    code = "E0537"
    title = "a hole: `{of}` of the source isn't written yet"
    caption = "{why}"
    help = "write steps that give {type} in its place, or take out what reads it"

    of: str
    why: str
    type: str


class TooManySteps(Diagnostic):
    code = "E0801"
    title = "this would make more than {limit} steps"
    caption = "{what}"
    help = (
        "`repeat` of a block whose output has the shape of its input costs nothing, however often"
    )

    limit: str
    what: str
