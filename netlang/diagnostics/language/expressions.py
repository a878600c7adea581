"""Errors about lists, functions and the current value in expressions (E0225 to E0239)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["NoCurrentValue", "SeveralCurrent", "SpreadMisplaced", "SpreadNotList", "TooMuchWork"]


class NoCurrentValue(Diagnostic):
    code = "E0225"
    title = "there is no current value here"
    caption = "{why}"
    help = "`here` is the value that the next step would read: write it behind a step or an input"

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
