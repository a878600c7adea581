"""Errors with which operators reject an input or their arguments: E0401 to E0449.

An operator raises `Rejection` with one of these classes and the fields of its templates; the
elaborator adds the span and the chain. Every template states what was expected, what was received
and how to fix it, in the terms of the language.
"""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "AxisNeeded",
    "AxisOutOfRange",
    "ConflictingArguments",
    "ElementCountDiffers",
    "EmptyOutput",
    "FixedSizeNeeded",
    "KernelTooLarge",
    "NotDivisible",
    "PadTooLarge",
    "SizesPerAxis",
    "TooFewElements",
    "WindowOfPadding",
    "WindowOutside",
    "WithoutBatch",
    "WrongAxes",
    "WrongDType",
    "WrongRank",
    "WrongWeightShape",
]


class WrongRank(Diagnostic):
    """The input has too many or too few axes."""

    code: ClassVar[str] = "E0401"
    title: ClassVar[str] = "`{operator}` needs {expected}, not {received}"
    caption: ClassVar[str] = "its input is {received}"
    help: ClassVar[str] = "bring the input to these axes with `reshape`, `flatten` or `transpose`"

    operator: str
    expected: str
    received: str


class NotDivisible(Diagnostic):
    """A number can't be divided into equal parts."""

    code: ClassVar[str] = "E0402"
    title: ClassVar[str] = "{what} of `{operator}` must be a multiple of `{parameter}`"
    caption: ClassVar[str] = "{value} is not a multiple of {divisor}"
    help: ClassVar[str] = "choose `{parameter}` so that it divides {value}, or change {value}"

    operator: str
    what: str
    value: int
    parameter: str
    divisor: int


class KernelTooLarge(Diagnostic):
    """The window doesn't fit into the padded input."""

    code: ClassVar[str] = "E0403"
    title: ClassVar[str] = "the kernel of `{operator}` is larger than its input"
    caption: ClassVar[str] = (
        "the kernel covers {extent} along the {axis}, the input with its padding has {padded}"
    )
    help: ClassVar[str] = "use a smaller kernel or more `pad`, or shrink the input less before"

    operator: str
    axis: str
    extent: int
    padded: int


class SizesPerAxis(Diagnostic):
    """An argument gives sizes for another number of axes than the input has."""

    code: ClassVar[str] = "E0404"
    title: ClassVar[str] = "`{name}` is {value} for {expected}"
    caption: ClassVar[str] = "the input has {expected}"
    help: ClassVar[str] = "{advice}"

    name: str
    value: str
    expected: str
    advice: str


class FixedSizeNeeded(Diagnostic):
    """A size that weights depend on varies with the net's input."""

    code: ClassVar[str] = "E0405"
    title: ClassVar[str] = "`{operator}` needs a fixed size for {what}"
    caption: ClassVar[str] = "{what} is {size} here, which varies with the input"
    help: ClassVar[str] = (
        "fix the size before this step with `gap` or `adaptive_avgpool`, "
        "or declare the input with numbers only"
    )

    operator: str
    what: str
    size: str


class ElementCountDiffers(Diagnostic):
    """The requested shape has another number of elements than the input."""

    code: ClassVar[str] = "E0406"
    title: ClassVar[str] = "`{operator}` can't make {target} out of {received}"
    caption: ClassVar[str] = (
        "{target} has {wanted:element/elements}, the input {received} has {found}"
    )
    help: ClassVar[str] = "give sizes whose product is {found}"

    operator: str
    target: str
    wanted: str
    received: str
    found: str


class WrongDType(Diagnostic):
    """The operator can't take elements of the input's type."""

    code: ClassVar[str] = "E0409"
    title: ClassVar[str] = "`{operator}` needs {expected} elements, not {received}"
    caption: ClassVar[str] = "its input has {received} elements"
    help: ClassVar[str] = "{advice}"

    operator: str
    expected: str
    received: str
    advice: str
    declarable: str | None = None
    """The type that an input may declare to be taken, if another than that of an input without."""


class PadTooLarge(Diagnostic):
    """More padding than the operator can fill or use."""

    code: ClassVar[str] = "E0410"
    title: ClassVar[str] = "the padding of `{operator}` is too large"
    caption: ClassVar[str] = "{pad} along the {axis}, and at most {most} is possible: {reason}"
    help: ClassVar[str] = "pad with at most {most}"

    operator: str
    pad: int
    axis: str
    most: int
    reason: str


class EmptyOutput(Diagnostic):
    """Nothing remains of the input along some axis."""

    code: ClassVar[str] = "E0411"
    title: ClassVar[str] = "the output of `{operator}` would have no elements"
    caption: ClassVar[str] = "the {axis} comes out as {size}, and it must be at least 1"
    help: ClassVar[str] = "take away less: {advice}"

    operator: str
    axis: str
    size: int
    advice: str


class AxisOutOfRange(Diagnostic):
    """The input has no such axis."""

    code: ClassVar[str] = "E0413"
    title: ClassVar[str] = "`{operator}` has no axis {axis} to work on"
    caption: ClassVar[str] = "the input is {received}: its axes are {lowest} to {highest}"
    help: ClassVar[str] = "axes count from 0, which is the channels; the batch has no number"

    operator: str
    axis: int
    received: str
    lowest: int
    highest: int


class AxisNeeded(Diagnostic):
    """`last` is the number of the last axis of `received`, which has several."""

    code: ClassVar[str] = "E0421"
    title: ClassVar[str] = "`{operator}` of a value with several axes needs its axis"
    caption: ClassVar[str] = "along which axis of {received}, 0 to {last}?"
    help: ClassVar[str] = (
        "write `{operator}(0)` for the channels, `{operator}(-1)` for the last axis"
    )

    operator: str
    received: str
    last: int


class WithoutBatch(Diagnostic):
    """A value without a batch axis is the input of an operator that needs a batch."""

    code: ClassVar[str] = "E0414"
    title: ClassVar[str] = "`{operator}` needs a value with a batch axis"
    caption: ClassVar[str] = "its input {received} is one for all examples"
    help: ClassVar[str] = "merge it with a value that has one first, with `add` or `mul`"

    operator: str
    received: str


class WrongWeightShape(Diagnostic):
    """Numbers that the spec gives for a weight don't have the weight's shape."""

    code: ClassVar[str] = "E0415"
    title: ClassVar[str] = "the numbers given for `{name}` don't have its shape"
    caption: ClassVar[str] = "they are {received}, and {operator} on this input needs {expected}"
    help: ClassVar[str] = "give nested lists of the sizes {expected}"

    operator: str
    name: str
    expected: str
    received: str


class ConflictingArguments(Diagnostic):
    """Arguments that are valid individually but not together."""

    code: ClassVar[str] = "E0416"
    title: ClassVar[str] = "the arguments of `{operator}` contradict each other"
    caption: ClassVar[str] = "{conflict}"
    help: ClassVar[str] = "{advice}"

    operator: str
    conflict: str
    advice: str


class WrongAxes(Diagnostic):
    """A list of axes that repeats one, or omits one where all are needed."""

    code: ClassVar[str] = "E0417"
    title: ClassVar[str] = "`{name}` of `{operator}` must be {expected}"
    caption: ClassVar[str] = "{received} given for the input {shape}"
    help: ClassVar[str] = "axes count from 0, which is the channels; the batch has no number"

    operator: str
    name: str
    expected: str
    received: str
    shape: str


class TooFewElements(Diagnostic):
    """The operator isn't defined for so few elements."""

    code: ClassVar[str] = "E0418"
    title: ClassVar[str] = "`{operator}` needs at least {least} {what}"
    caption: ClassVar[str] = "the input {received} has {found}"
    help: ClassVar[str] = "{advice}"

    operator: str
    least: int
    what: str
    received: str
    found: int
    advice: str


class WindowOutside(Diagnostic):
    """A window that is cut out exceeds the input."""

    code: ClassVar[str] = "E0419"
    title: ClassVar[str] = "the window of `{operator}` reaches beyond its input"
    caption: ClassVar[str] = "it reaches to {end} along the {axis}, which has {size}"
    help: ClassVar[str] = "choose a window that lies within the input"

    operator: str
    axis: str
    end: str
    size: str


class WindowOfPadding(Diagnostic):
    """A dilated pool window skips the whole input, so it has no maximum."""

    code: ClassVar[str] = "E0420"
    title: ClassVar[str] = "a window of `{operator}` has nothing but padding to read"
    caption: ClassVar[str] = (
        "with a dilation of {dilation}, its elements lie before and after the {axis}, "
        "which is {size}"
    )
    help: ClassVar[str] = "use a smaller `dilation`, or no `pad`"

    operator: str
    axis: str
    dilation: int
    size: int
