"""Errors of operators that compute with given numbers, places or formulas: E0424 to E0434."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["NumbersForChannels"]


class NumbersForChannels(Diagnostic):
    """A list of numbers, one for each channel, has another length than there are channels."""

    code: ClassVar[str] = "E0424"
    title: ClassVar[str] = (
        "`{parameter}` of `{operator}` has {given} numbers for {channels} channels"
    )
    caption: ClassVar[str] = "the input is {received}"
    help: ClassVar[str] = "give one number, or a list of {channels}"

    operator: str
    parameter: str
    given: int
    channels: int
    received: str
