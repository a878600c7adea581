"""Every bundled net through `netlang verify`: the file with norms folded, and that of each step.

A trial is a net with its initial weights, those with the fewest multiply-accumulates first, so that
a run that is cut short has looked at as many as it could. Sizes and batches are those that `verify`
takes by itself. The nets whose weights are larger than most machines' memory are left out.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache

from netlang.analysis.constraints import checked_sizes
from netlang.analysis.facts import Facts
from netlang.build import BuildOptions, OnnxOptions
from netlang.cli.library import groups
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.program import Program
from netlang.records import replace
from netlang.targets.verifying import VerifyOptions, verifying_backend
from tests.campaigns.running import MOST, Campaign, Failure, Option, Verdict, command
from tests.specs.settled import HUGE

__all__ = ["CAMPAIGN", "nets", "trial"]


def _names() -> list[str]:
    return [
        entry.name
        for group in groups()
        for family in group.families
        for entry in family.of("net")
        if not entry.parameters and entry.name not in HUGE
    ]


@cache
def nets() -> tuple[str, ...]:
    """The bundled nets that are complete as they stand, those that compute least first."""
    work = {}
    for name in _names():
        work[name] = Facts(load_program(name)).macs
    return tuple(sorted(work, key=lambda name: (work[name], name)))


def starting_from(program: Program, side: int) -> Program:
    """A net with sizes of at most `side` as its usual ones, if it runs at these."""
    usual = tuple(replace(size, default=min(side, size.default)) for size in program.sizes)
    try:
        checked_sizes(program, {size.name: size.default for size in usual})
    except NetlangError:
        return program
    return replace(program, sizes=usual)


def trial(number: int, side: int = 0) -> Verdict:
    """Both files of one net."""
    name = nets()[number % MOST]
    program, failures, counts = load_program(name), [], {"nets": 1}
    if side:
        program = starting_from(program, side)
    for fold in (True, False):
        options = VerifyOptions(BuildOptions(onnx=OnnxOptions(fold=fold)))
        form = "folded" if fold else "as written"
        try:
            found = verifying_backend().verify(program, options)
        except NetlangError as error:
            failures.append(Failure(f"{name} {form}", str(error)))
        else:
            counts[f"{form}: inputs"] = len(found.inputs)
            counts[f"{form}: steps compared"] = found.compared
    return Verdict(tuple(failures), counts)


@dataclass(frozen=True)
class _StartingFrom:
    """The trials from a side."""

    side: int

    def __call__(self, number: int) -> Verdict:
        return trial(number, self.side)


CAMPAIGN = Campaign(
    "verified", __doc__ or "", trial, chunk=1, count=len(_names()), most=len(_names()),
    option=Option("--side", "start from sizes of at most N", _StartingFrom),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
