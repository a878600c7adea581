"""What a campaign is: a function from a number to a verdict, and how its results are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, final

__all__ = ["MOST", "Campaign", "Failure", "Option", "Shrink", "Summary", "Trial", "Verdict"]

MOST = 1_000_000
"""Trials of one seed: the numbers of two seeds don't meet."""


@final
@dataclass(frozen=True)
class Failure:
    """What went wrong: one line that is the same for the same fault, details, and the inputs.

    `files` are the texts that show it, by file name; a failure without any isn't kept as a case.
    """

    what: str
    details: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Verdict:
    """What one trial found: failures, and counts to add up over all trials."""

    failures: tuple[Failure, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


Trial: TypeAlias = Callable[[int], Verdict]
Shrink: TypeAlias = Callable[[Failure], Failure]


@final
@dataclass(frozen=True)
class Option:
    """A whole number that one campaign takes besides what all take; 0 where it isn't given.

    `trial` makes of it the campaign's trials.
    """

    name: str
    about: str
    trial: Callable[[int], Trial]


@final
@dataclass(frozen=True)
class Summary:
    """What all counts of a run come to: lines to print, and the same as JSON data."""

    lines: tuple[str, ...]
    data: Mapping[str, object] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Campaign:
    """A campaign by its name; `trial` and `shrink` are functions of a module.

    Trials go to a process `chunk` at a time; `count` of them unless told how many, and no more
    than `most` if there are no others. The compiler
    checks its invariants in all of them, except where the campaign counts its work: `verifies`.
    """

    name: str
    about: str
    trial: Trial
    shrink: Shrink | None = None
    summary: Callable[[Mapping[str, int]], Summary] | None = None
    option: Option | None = None
    chunk: int = 20
    count: int = 100
    most: int = MOST
    verifies: bool = True
