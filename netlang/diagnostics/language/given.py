"""Diagnostics of weights that are given as values."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "GivenInPart",
    "NoValueForWeight",
    "TiedBesideValue",
    "WeightInLayer",
    "WeightNotTaken",
    "WeightShape",
    "WeightWithBatch",
]


class WeightWithBatch(Diagnostic):
    """A weight is one tensor for all examples, and a value of each example is given."""

    code: ClassVar[str] = "E0435"
    title: ClassVar[str] = "`{name}` of `{operator}` must be a value without a batch axis"
    caption: ClassVar[str] = "this is {received}, another tensor for each example"
    help: ClassVar[str] = (
        "give a `parameter`, a `constant`, what is computed from them, or a weight: `fc.weight`"
    )

    operator: str
    name: str
    received: str


class WeightShape(Diagnostic):
    """The value given for a weight has another shape than the weight."""

    code: ClassVar[str] = "E0436"
    title: ClassVar[str] = "the value given for `{name}` doesn't have its shape"
    caption: ClassVar[str] = "it is {received}, and `{operator}` on this input needs {expected}"
    help: ClassVar[str] = "make it {expected}; `reshape` and `transpose` give it other axes"

    operator: str
    name: str
    expected: str
    received: str


class GivenInPart(Diagnostic):
    """The weight is a value and the bias would be the operator's own, or the other way round."""

    code: ClassVar[str] = "E0437"
    title: ClassVar[str] = "`{operator}` is given its {name} as a value, and not its {left}"
    caption: ClassVar[str] = "this value is used as it is, without a layer that has a {left}"
    help: ClassVar[str] = "give a value for `{left}` too{flag}"

    operator: str
    name: str
    left: str
    flag: str


class TiedBesideValue(Diagnostic):
    """One weight is a value, and the other one that of another step."""

    code: ClassVar[str] = "E0970"
    title: ClassVar[str] = "`{operator}` has a value for its {name} and the {left} of another step"
    caption: ClassVar[str] = "with it, the operator isn't a layer that could share a {left}"
    help: ClassVar[str] = (
        "label a `parameter` for `{left}` and give it to both steps, or tie `{name}` as well"
    )

    operator: str
    name: str
    left: str


class WeightNotTaken(Diagnostic):
    """A value is given for a weight that the operator doesn't have with these arguments."""

    code: ClassVar[str] = "E0438"
    title: ClassVar[str] = "`{operator}` has no `{name}` with these arguments"
    caption: ClassVar[str] = "so this value would not be used"
    help: ClassVar[str] = "leave it out, or the argument that takes the weight away"

    operator: str
    name: str


class WeightInLayer(Diagnostic):
    """A layer as a value is given a weight, which is a value of one place of the network."""

    code: ClassVar[str] = "E0440"
    title: ClassVar[str] = "`{name}` of `{operator}` is given where the layer is applied"
    caption: ClassVar[str] = "a layer that has a name or is passed on has no values of the network"
    help: ClassVar[str] = "give it there: `{operator}(..., {name}=kernel)`"

    operator: str
    name: str


class NoValueForWeight(Diagnostic):
    """What stands for a weight isn't a value of the network."""

    code: ClassVar[str] = "E0439"
    title: ClassVar[str] = "`{name}` of `{operator}` takes a value, and this is {actual}"
    caption: ClassVar[str] = "a label stands for a value: of a `parameter`, a `constant`, a step"
    help: ClassVar[str] = "label what it shall be, and give the label: `{name}=kernel`"

    operator: str
    name: str
    actual: str
