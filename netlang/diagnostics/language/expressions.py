"""Errors about lists, functions and the current value in expressions (E0225 to E0239)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "FunctionNotCalled",
    "NoCurrentValue",
    "NotAParameter",
    "RecursiveFunction",
    "SeveralCurrent",
    "SpreadMisplaced",
    "SpreadNotList",
    "TooMuchWork",
    "UnusedFunction",
]


class NoCurrentValue(Diagnostic):
    code = "E0225"
    title = "there is no current value here"
    caption = "{why}"
    help = "`here` is the value that the next step would read: write it after a step or an input"

    why: str


class SeveralCurrent(Diagnostic):
    code = "E0226"
    title = "the current value is {count} values, and `here` has no shape"
    caption = "{count} values"
    help = "read one of them by its name: with `halves: split(4)` it is `halves.0.channels`"

    count: int


class TooMuchWork(Diagnostic):
    code = "E0227"
    title = "lists and functions would be worked out more than {limit} times"
    caption = "this exceeds it"
    help = "no network needs a table of this size: shorten the lists, or fewer inside each other"

    limit: str


class SpreadNotList(Diagnostic):
    code = "E0228"
    title = "`*` puts the items of a list in its place, and this isn't a list"
    caption = "this is {actual}"
    help = "write `{text}` alone for a single value"

    actual: str
    text: str


class SpreadMisplaced(Diagnostic):
    code = "E0229"
    title = "`{callee}` takes its arguments one by one, without `*`"
    caption = "a list in place of arguments"
    help = "write each argument: `{callee}(row[0], row[1])`"

    callee: str


class FunctionNotCalled(Diagnostic):
    code = "E0230"
    title = "`{name}` is a function, and has no value of its own"
    caption = "not called"
    help = "call it: `{call}`"

    name: str
    call: str


class RecursiveFunction(Diagnostic):
    code = "E0231"
    title = "function `{name}` leads back to itself"
    caption = "{why}"
    help = "functions don't call themselves: a list or a loop goes through what is known before"

    name: str
    why: str


class NotAParameter(Diagnostic):
    code = "E0232"
    title = "a parameter of a function is a name, perhaps with a default"
    caption = "this is a value"
    help = "write `halved(x) = x / 2` or `halved(x, by=2) = x / by`"


class UnusedFunction(Diagnostic):
    code = "E0233"
    title = "function `{name}` of `{block}` is never used"
    caption = "nothing in the body calls it"
    help = "use it, or remove it"

    name: str
    block: str
