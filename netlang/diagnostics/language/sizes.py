"""Errors about the sizes of inputs: E0451 to E0469, E0991."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "NoSizeWorks",
    "NeverHolds",
    "SizeNotPositive",
    "SizeRefused",
    "SizesRefused",
    "StepsUncountable",
    "TooManyElements",
    "TooManyToExpand",
    "UnknownSize",
]


class SizeRefused(Diagnostic):
    """A size of the input at which some step can't run."""

    code: ClassVar[str] = "E0451"
    title: ClassVar[str] = "`{size}` = {value} breaks: {rule}"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "{nearest}"

    size: str
    value: int
    rule: str
    reason: str
    nearest: str


class SizesRefused(Diagnostic):
    """Sizes of the input that aren't valid together."""

    code: ClassVar[str] = "E0452"
    title: ClassVar[str] = "{given} don't go together: {rule}"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "{advice}"

    given: str
    rule: str
    reason: str
    advice: str


class UnknownSize(Diagnostic):
    """A size was given for a name that isn't among the net's inputs."""

    code: ClassVar[str] = "E0453"
    title: ClassVar[str] = "`{size}` isn't a symbolic size of `{net}`"
    help: ClassVar[str] = "{known}"

    size: str
    net: str
    known: str


class SizeNotPositive(Diagnostic):
    """A size or the batch is less than 1."""

    code: ClassVar[str] = "E0454"
    title: ClassVar[str] = "`{size}` = {value} isn't a size: expected a whole number >= 1"

    size: str
    value: int


class NoSizeWorks(Diagnostic):
    """The conditions on a size contradict each other."""

    code: ClassVar[str] = "E0455"
    title: ClassVar[str] = "no `{size}` works: {rule}"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "change one of these steps so that some size of the input satisfies both"

    size: str
    rule: str
    reason: str


class NeverHolds(Diagnostic):
    """A step needs something that is false at all sizes of the input."""

    code: ClassVar[str] = "E0456"
    title: ClassVar[str] = "no size of the input works: {rule}"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "change this step so that some size of the input satisfies it"

    rule: str
    reason: str


class TooManyToExpand(Diagnostic):
    """A net that is too large to be written out step by step."""

    code: ClassVar[str] = "E0457"
    title: ClassVar[str] = "`{net}` has {count:,} steps: at most {limit:,} can be written out"
    help: ClassVar[str] = "{advice}"

    net: str
    count: int
    limit: int
    advice: str


class StepsUncountable(Diagnostic):
    """A block with so many steps that figures about it would fill pages."""

    code: ClassVar[str] = "E0458"
    title: ClassVar[str] = "the number of steps of `{block}` has over {digits:,} digits"
    caption: ClassVar[str] = "what is repeated or called counts each time"
    help: ClassVar[str] = "no network has so many: repeat less, or call fewer blocks in blocks"

    block: str
    digits: int


class TooManyElements(Diagnostic):
    """A tensor whose elements nobody can count: figures about it would fill pages."""

    code: ClassVar[str] = "E0991"
    title: ClassVar[str] = "the number of elements of this tensor has over {digits:,} digits"
    caption: ClassVar[str] = "the product of its {rank} axes"
    help: ClassVar[str] = "take smaller sizes, or fewer axes"

    digits: int
    rank: int
