"""Double each construct and count: ``python -m tests.campaigns.scaling``.

A trial is one construct, right or wrong. Right texts go through all of `VERBS`, which accept them;
wrong ones through `check`, which refuses them. A trial fails where an exponent is over `MOST`, a
verb exits otherwise, or the work of `check`, which all verbs but `fmt` do as well, doesn't grow:
then it isn't that of the construct. `STEADY` has the constructs of which that is expected.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.campaigns.running import MOST as TRIALS
from tests.campaigns.running import Campaign, Failure, Option, Verdict, command
from tests.campaigns.scaling.measure import VERBS, exponent, steps
from tests.campaigns.scaling.ports import PORTS
from tests.campaigns.scaling.right import FILES, RIGHT
from tests.campaigns.scaling.texts import Texts
from tests.campaigns.scaling.wrong import DEEP, WRONG
from tests.work import TooMuch

__all__ = ["CAMPAIGN", "CONSTRUCTS", "MOST", "REFUSED", "STEADY", "fault", "main", "measured"]

MOST = 1.2
SIZES = (60, 120, 240)
BEYOND = 150
"""More than may nest: what is deeper is refused at any size."""


def _files(make: Callable[[int], str]) -> Callable[[int], Texts]:
    return lambda size: {"main.net": make(size)}


def _deeper(make: Callable[[int], str]) -> Callable[[int], Texts]:
    return lambda size: {"main.net": make(size + BEYOND)}


CONSTRUCTS: dict[str, tuple[Callable[[int], Texts], tuple[str, ...]]] = {
    **{name: (_files(make), tuple(VERBS)) for name, make in (RIGHT | PORTS).items()},
    **{name: (make, tuple(VERBS)) for name, make in FILES.items()},
    **{f"wrong: {name}": (_files(make), ("check",)) for name, make in WRONG.items()},
    **{f"wrong: {name}": (_deeper(make), ("check",)) for name, make in DEEP.items()},
}
REFUSED = frozenset(f"wrong: {name}" for name in (*WRONG, *DEEP))
STEADY = frozenset(
    {
        # Read at one go, by a regular expression.
        "blanks", "a long comment", "a long name", "a long string", "comments alone",
        # Given up at the depth that may nest, or at as many mistakes as are told.
        "wrong: merges in merges", "wrong: open braces", "wrong: open brackets in one line",
        "wrong: open lists", "wrong: scopes in scopes",
        # The first hundred errors are those of parameters, and for these no names are compared.
        "wrong: unused parameters beside unknown names",
    }
)  # fmt: skip
"""Constructs of which `check` takes no more steps for more of them, at `SIZES`."""


def measured(name: str, verb: str, sizes: Sequence[int]) -> tuple[float, int]:
    """The exponent of a construct for a verb, and the steps at the largest size.

    One over `MOST` is measured again, and the fewest steps of each size count: a run now and then
    takes some thousands more, whatever its size.
    """
    make, _ = CONSTRUCTS[name]
    status = int(name in REFUSED)
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            steps(verb, make(3), Path(folder), status)  # what a first time does besides
            work = [steps(verb, make(size), Path(folder), status) for size in sizes]
            if exponent(sizes, work) > MOST:
                again = [steps(verb, make(size), Path(folder), status) for size in sizes]
                work = list(map(min, work, again))
        except TooMuch:
            return float("inf"), 0
        finally:
            os.chdir(before)
    return exponent(sizes, work), work[-1]


def fault(name: str, verb: str, found: float) -> str | None:
    """What is wrong with an exponent that was measured; None where nothing is."""
    if found > MOST:
        return f"exponent {found:.2f}"
    if verb == "check" and found == 0 and name not in STEADY:
        return "the work doesn't grow"
    return None


@dataclass(frozen=True)
class _Trials:
    """One construct each, by the last digits of its number; a class, since it goes to processes."""

    factor: int = 1

    def __call__(self, number: int) -> Verdict:
        name = list(CONSTRUCTS)[number % TRIALS]
        sizes = [size * max(1, self.factor) for size in SIZES]
        failures = []
        for verb in CONSTRUCTS[name][1]:
            found, most = measured(name, verb, sizes)
            if wrong := fault(name, verb, found):
                failures.append(Failure(f"{name}, {verb}: {wrong}", f"{most:,} steps"))
        return Verdict(tuple(failures), {"measured": len(CONSTRUCTS[name][1])})


CAMPAIGN = Campaign(
    name="scaling",
    about="double each construct of the language, count the work and fit its exponent",
    trial=_Trials(),
    option=Option("--times", "texts so many times as large", _Trials),
    chunk=1,
    count=len(CONSTRUCTS),
    most=len(CONSTRUCTS),
    verifies=False,
)


def main(arguments: Sequence[str]) -> int:
    """The command line: all constructs unless told how many."""
    return command(CAMPAIGN, arguments)
