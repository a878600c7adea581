"""Errors in `input` declarations and in the inputs of a net or block."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "BatchWritten",
    "InputInBlock",
    "InputLate",
    "InputMismatch",
    "InputNotUsed",
    "NoInput",
    "ReservedSize",
    "SizeWithoutDefault",
    "TwoFloatTypes",
    "UnknownType",
    "WrongInputCount",
]


class NoInput(Diagnostic):
    code = "E0504"
    title = "net `{net}` declares no input"
    caption = "a net needs at least one"
    help = "begin its body with `input image: [3, H=224, W=224]`"

    net: str


class InputLate(Diagnostic):
    code = "E0511"
    title = "inputs come before the first step"
    caption = "a step stands before this input"
    help = "move the `input` line to the beginning of the body"


class InputInBlock(Diagnostic):
    code = "E0512"
    title = "{what}"
    caption = "{why}"
    help = "{advice}"

    what: str
    why: str
    advice: str


class InputMismatch(Diagnostic):
    code = "E0513"
    title = "`{name}` takes {expected} for its input `{input}`, not {actual}"
    caption = "the value that it is given is {actual}"
    help = "bring the value to the shape {expected} first"

    name: str
    input: str
    expected: str
    actual: str


class WrongInputCount(Diagnostic):
    code = "E0514"
    title = "`{name}` takes {expected}, but gets {actual}"
    caption = "values that arrive here: {actual}"
    help = "start its path at the value, or values, that it should get: `(a, b) -> {name}`"

    name: str
    expected: str
    actual: str


class InputNotUsed(Diagnostic):
    code = "E0515"
    title = "input `{name}` leads to no output"
    caption = "never read"
    help = "use it, or remove it"

    name: str


class SizeWithoutDefault(Diagnostic):
    code = "E0516"
    title = "size `{name}` needs a default"
    caption = "costs are reported at it"
    help = "write `{name}=224`"

    name: str


class UnknownType(Diagnostic):
    code = "E0517"
    title = "unknown element type `{name}`"
    caption = "not an element type"
    help = "one of {available}"

    name: str
    available: str


class TwoFloatTypes(Diagnostic):
    """Inputs of one net differ in floating-point type, so the type of its weights is unclear."""

    code = "E0525"
    title = "input `{name}` holds {actual}, but the net computes in {expected}"
    caption = "{actual}"
    help = "give all inputs of floats one type: a net has its weights in that type"

    name: str
    actual: str
    expected: str


class ReservedSize(Diagnostic):
    code = "E0524"
    title = "`{name}` is the name of the batch size"
    caption = "reserved"
    help = "choose another name, such as `H`, `W` or `L`"

    name: str


class BatchWritten(Diagnostic):
    """`size` comes first in a shape and can only be the batch."""

    code = "E0528"
    title = "input `{name}` is declared with its batch"
    caption = "every net takes batches of any size: `{size}` isn't written"
    help = "leave the batch out"

    name: str
    size: str
