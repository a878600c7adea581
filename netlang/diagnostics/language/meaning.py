"""Errors of what reads one way and would mean another: merges of steps, labels of a part of a path.

Their codes follow those of how a body is put together.
"""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["LabelOfPart", "LabelOfValue", "LinesAsBranches", "MergeOfOne", "RepeatAsBranches"]


class RepeatAsBranches(Diagnostic):
    code: ClassVar[str] = "E0529"
    title: ClassVar[str] = "`repeat` can't stand directly in `{merge}`"
    caption: ClassVar[str] = "each time would be a branch, not a step after the one before"
    help: ClassVar[str] = (
        "put it in braces for one branch, or write `for _i in range(n)` for several"
    )

    merge: str


class LinesAsBranches(Diagnostic):
    """`what` is `if`, `else` or `for`; `count` are the statements in its body."""

    code: ClassVar[str] = "E0530"
    title: ClassVar[str] = "the body of this `{what}` in `{merge}` is {count} branches"
    caption: ClassVar[str] = "each statement of it is a branch from the same value"
    help: ClassVar[str] = "put its steps in braces for one branch, or each branch in its own"

    merge: str
    what: str
    count: int


class MergeOfOne(Diagnostic):
    code: ClassVar[str] = "E0531"
    title: ClassVar[str] = "`{merge}` has one branch, so there is nothing to merge"
    caption: ClassVar[str] = "this is its only branch"
    help: ClassVar[str] = "add a branch (`identity` is the value itself), or leave `{merge}` out"

    merge: str


class LabelOfPart(Diagnostic):
    """`step` is the step after the label, `after` the step with which the path continued."""

    code: ClassVar[str] = "E0532"
    title: ClassVar[str] = "`{label}` names `{step}` alone, and its path goes on to `{after}`"
    caption: ClassVar[str] = "the value before `{after}`, or the end of the path?"
    help: ClassVar[str] = "{advice}"

    label: str
    step: str
    after: str
    advice: str


class LabelOfValue(Diagnostic):
    """`value` is the value after the label."""

    code: ClassVar[str] = "E0533"
    title: ClassVar[str] = "`{label}` would be another name of `{value}`, not of what follows"
    caption: ClassVar[str] = "a label names the step after it, and this is a value"
    help: ClassVar[str] = "{advice}"

    label: str
    value: str
    advice: str
