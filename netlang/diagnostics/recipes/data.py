"""Errors about a recipe's data that can be found without the data (E0737, E0757, E0758, E0760)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["ElementsNotGiven", "PartTwice", "SourceChannels", "ValidationTwice"]


class ValidationTwice(Diagnostic):
    code = "E0757"
    title = "validation is said twice: a share of the training examples, and part `{part}`"
    caption = "a share of the training examples"
    help = "remove this key, or write `validation=none` in `{data}`"

    part: str
    data: str


class ElementsNotGiven(Diagnostic):
    """An input of bytes, truth values or other numbers that no data of a recipe have."""

    code = "E0737"
    title = "input `{input}` of net `{net}` takes {expected}, but `{data}` gives {given}"
    caption = "{given}"
    help = "{advice}"

    input: str
    net: str
    expected: str
    data: str
    given: str
    advice: str


class SourceChannels(Diagnostic):
    code = "E0758"
    title = "`{data}` gives images of {actual}, but net `{net}` takes {expected}"
    caption = "{actual} here"
    help = "write `channels={channels}`"

    data: str
    net: str
    actual: str
    expected: str
    channels: str


class PartTwice(Diagnostic):
    code = "E0760"
    title = "part `{part}` is for training and for {purpose}"
    caption = "a net is not scored on what it learned from"
    help = "name another part, or `{key}=none`"

    part: str
    purpose: str
    key: str
