"""Errors of inputs and outputs whose names are computed, or that are there only in some cases."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["BadPortName", "NoSuchOutput", "PortFromValue"]


class BadPortName(Diagnostic):
    """`what` is `an input` or `an output`."""

    code: ClassVar[str] = "E0534"
    title: ClassVar[str] = "`{text}` can't be the name of {what}"
    caption: ClassVar[str] = "letters, digits and `_`, at most 200, make the name of {what}"
    help: ClassVar[str] = "compute it from whole numbers and such words: `p{{i}}`"

    text: str
    what: str


class PortFromValue(Diagnostic):
    """`what` is `input` or `output`; `read` is what the condition, loop or name reads."""

    code: ClassVar[str] = "E0535"
    title: ClassVar[str] = "whether there is {what} `{name}` depends on the value `{read}`"
    caption: ClassVar[str] = "this decides, and reads `{read}`"
    help: ClassVar[str] = (
        "which inputs and outputs there are depends on parameters alone: pass it as a parameter"
    )

    what: str
    name: str
    read: str


class NoSuchOutput(Diagnostic):
    """`available` are the outputs in words."""

    code: ClassVar[str] = "E0536"
    title: ClassVar[str] = "`{instance}` has no output `{name}`"
    caption: ClassVar[str] = "called with these arguments, it has {available}"
    help: ClassVar[str] = "read one that is there, or declare it in the block"

    instance: str
    name: str
    available: str
