"""Errors of values that meet in one step but don't fit together: E0407 and E0412.

`first` and `second` count the branches from 1. The elaborator adds where each comes from.
"""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.carried import Projection, Shape
from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["BranchesDiffer", "ConcatMismatch"]


class ConcatMismatch(Diagnostic):
    """Branches of a concatenation differ in an axis other than the joined one.

    `first` and `second` count the branches from 1.
    """

    code: ClassVar[str] = "E0407"
    title: ClassVar[str] = "the branches of `{operator}` may differ in axis {joined} only"
    caption: ClassVar[str] = (
        "branch {first} is {expected}, branch {second} is {received}: they differ in axis {axis}"
    )
    help: ClassVar[str] = "{advice}"

    operator: str
    joined: int
    first: int
    second: int
    expected: Shape
    received: Shape
    axis: int
    advice: str


class BranchesDiffer(Diagnostic):
    """Branches of an elementwise merge differ in shape.

    `first` and `second` count the branches from 1. `axis` is the axis in which they differ, or None
    if their numbers of axes differ.
    """

    code: ClassVar[str] = "E0412"
    title: ClassVar[str] = "the branches of `{operator}` differ in shape"
    caption: ClassVar[str] = "branch {first} is {expected}, branch {second} is {received}"
    help: ClassVar[str] = "{advice}"

    operator: str
    first: int
    second: int
    expected: Shape
    received: Shape
    axis: int | None
    advice: str | Projection
