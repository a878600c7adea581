"""Double each construct and count: ``python -m tests.campaigns.scaling``.

A trial is one construct, right or wrong. Right texts go through every verb, wrong ones through
`check`; the exponent is that of the largest sizes. A trial fails where one is over `MOST`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.campaigns.running import MOST as TRIALS
from tests.campaigns.running import Campaign, Failure, Option, Verdict, command
from tests.campaigns.scaling.measure import VERBS, exponent, steps
from tests.campaigns.scaling.right import FILES, RIGHT
from tests.campaigns.scaling.texts import Texts
from tests.campaigns.scaling.wrong import DEEP, WRONG
from tests.work import TooMuch

__all__ = ["CAMPAIGN", "CONSTRUCTS", "KNOWN", "MOST", "main", "measured"]

MOST = 1.2
SIZES = (60, 120, 240)
BEYOND = 150
"""More than may nest: what is deeper is refused at any size."""

KNOWN: Mapping[str, tuple[str, ...]] = {}
"""Constructs and verbs that are over `MOST` still, each told by the campaign."""


def _files(make: Callable[[int], str]) -> Callable[[int], Texts]:
    return lambda size: {"main.net": make(size)}


def _deeper(make: Callable[[int], str]) -> Callable[[int], Texts]:
    return lambda size: {"main.net": make(size + BEYOND)}


CONSTRUCTS: dict[str, tuple[Callable[[int], Texts], tuple[str, ...]]] = {
    **{name: (_files(make), tuple(VERBS)) for name, make in RIGHT.items()},
    **{name: (make, tuple(VERBS)) for name, make in FILES.items()},
    **{f"wrong: {name}": (_files(make), ("check",)) for name, make in WRONG.items()},
    **{f"wrong: {name}": (_deeper(make), ("check",)) for name, make in DEEP.items()},
}


def measured(name: str, verb: str, sizes: Sequence[int]) -> tuple[float, int]:
    """The exponent of a construct for a verb, and the steps at the largest size."""
    make, _ = CONSTRUCTS[name]
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            steps(verb, make(3), Path(folder))  # what a first time does besides
            work = [steps(verb, make(size), Path(folder)) for size in sizes]
        except TooMuch:
            return float("inf"), 0
        finally:
            os.chdir(before)
    return exponent(sizes, work), work[-1]


def _trial(factor: int) -> Callable[[int], Verdict]:
    sizes = [size * max(1, factor) for size in SIZES]

    def trial(number: int) -> Verdict:
        name = list(CONSTRUCTS)[number % TRIALS]
        failures, counts = [], dict[str, int]()
        for verb in CONSTRUCTS[name][1]:
            found, most = measured(name, verb, sizes)
            if found > MOST and verb in KNOWN.get(name, ()):
                counts[f"known: {name}, {verb}"] = 1
            elif found > MOST:
                failures.append(Failure(f"{name}, {verb}: exponent {found:.2f}", f"{most:,} steps"))
            counts["measured"] = counts.get("measured", 0) + 1
        return Verdict(tuple(failures), counts)

    return trial


CAMPAIGN = Campaign(
    name="scaling",
    about="double each construct of the language, count the work and fit its exponent",
    trial=_trial(1),
    option=Option("--times", "texts so many times as large", _trial),
    chunk=1,
    verifies=False,
)


def main(arguments: Sequence[str]) -> int:
    """The command line: all constructs unless told how many."""
    every = [] if "--count" in arguments else ["--count", str(len(CONSTRUCTS))]
    return command(CAMPAIGN, [*arguments, *every])
