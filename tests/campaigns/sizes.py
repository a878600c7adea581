"""`python -m tests.campaigns.sizes --count 2000 --seed 1`: the sizes accepted are those that run.

Every spec has symbolic sizes. At three sampled sizes that its reported constraints admit the
emitted module gives the shapes foretold; at three that break them PyTorch refuses to run as well.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch

from netlang.analysis.constraints import solve
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from tests.campaigns.facts import shapes_at
from tests.campaigns.failure import Failure, of_exception
from tests.campaigns.generator import generate
from tests.campaigns.report import Found, Report
from tests.campaigns.runner import campaign, options, settings
from tests.campaigns.subject import BATCH, Spec, Subject, inputs_of, load, subject

__all__ = ["SILENT", "examine_sizes", "main", "of_seeds", "sampled"]

WANTED = 3
TRIALS = 80
# How many specs are drawn for one that doesn't take every size.
FURTHER = 8
Sizes = dict[str, int]

# Conditions that PyTorch doesn't check, by what their reason begins with: it runs, and gives
# something else than was asked for.
SILENT = {
    "the window of `crop`": "a slice of a tensor that ends behind it is silently shorter",
    "`conv_transpose` must leave": "a size of exactly 0 is one as well",
    "`slice` must": "a slice of a tensor that ends behind it is silently shorter",
}


def of_seeds(seeds: Sequence[int]) -> Report:
    """What is seen of the specs of some seeds."""
    report = Report()
    for seed in seeds:
        report.examined += 1
        failure = _of_seed(seed, report)
        if failure:
            report.failures.append(Found(seed, failure.kind, failure.detail))
    return report


def _of_seed(seed: int, report: Report) -> Failure | None:
    try:
        return examine_sizes(_constrained(seed), seed, report)
    except Exception as error:
        return of_exception(error, "compile")


def _constrained(seed: int) -> Program:
    """The first net with conditions on its sizes among a few that belong to the seed."""
    for further in range(FURTHER):
        generated = generate(seed + further * 10**6, symbolic=True, size_asserts=False)
        program = load(Spec.of(generated))
        if solve(program).texts:
            break
    return program


def examine_sizes(program: Program, seed: int, report: Report) -> Failure | None:
    """The first sampled size at which compiler and torch disagree."""
    made = subject(program, seed)
    accepted, refused = sampled(program, seed)
    for sizes in accepted:
        report.count("sizes", ["accepted"])
        if wrong := _must_run(made, sizes):
            return wrong
    for sizes in refused:
        wrong, told = _must_not_run(made, sizes)
        report.count("sizes", [told])
        if wrong:
            return wrong
    report.count("specs", ["with constraints" if refused else "that take every size sampled"])
    return None


def sampled(program: Program, seed: int) -> tuple[list[Sizes], list[Sizes]]:
    """Sizes that the constraints admit, and sizes that break them."""
    generator = random.Random(seed)
    accepted: list[Sizes] = []
    refused: list[Sizes] = []
    for sizes in _candidates(program, generator):
        group = refused if solve(program).check({**sizes, "N": BATCH}) else accepted
        if len(group) < WANTED and sizes not in group:
            group.append(sizes)
        if len(accepted) == len(refused) == WANTED:
            break
    return accepted, refused


def _candidates(program: Program, generator: random.Random) -> Iterator[Sizes]:
    """Small sizes: those near the defaults, those that break something, those that are equal."""
    names = [size.name for size in program.sizes]
    for trial in range(TRIALS):
        if trial % 4 == 0:
            yield dict.fromkeys(names, generator.randint(1, 16))
        elif trial % 4 == 1:
            yield {
                size.name: max(1, size.default + generator.randint(-3, 5)) for size in program.sizes
            }
        else:
            yield {name: generator.randint(1, 4 if trial % 4 == 2 else 16) for name in names}


def _must_run(made: Subject, sizes: Sizes) -> Failure | None:
    feeds = inputs_of(made.program, 0, BATCH, sizes)
    try:
        found = [tuple(each.shape) for each in made.outputs(feeds)]
    except Exception as error:
        failure = of_exception(error, "accepted")
        return Failure(failure.kind, f"{sizes}: {failure.detail}")
    told = shapes_at(made.program, {**made.program.defaults, **sizes, "N": BATCH})
    return None if found == told else Failure("foretold", f"{sizes}: {told}, torch has {found}")


def _must_not_run(made: Subject, sizes: Sizes) -> tuple[Failure | None, str]:
    broken = _broken(made.program, sizes)
    try:
        made.outputs(inputs_of(made.program, 0, BATCH, sizes))
    except (RuntimeError, ValueError, IndexError):
        return None, "refused by both"
    for constraint in broken:
        if any(constraint.reason.startswith(begin) for begin in SILENT):
            return None, "refused, and silently something else in torch"
        if _broadcasts(constraint, {**sizes, "N": BATCH}):
            return None, "refused, and broadcast in torch for this size alone"
    reasons = "; ".join(f"{each} ({each.reason})" for each in broken)
    return Failure("refused size runs", f"{sizes}: {reasons}"), "refused by the compiler alone"


def _broken(program: Program, sizes: Mapping[str, int]) -> list[Constraint]:
    at = {**sizes, "N": BATCH}
    conditions = [condition.constraint for condition in program.deployed_conditions]
    return [constraint for constraint in conditions if not constraint.holds(at)]


def _broadcasts(constraint: Constraint, sizes: Mapping[str, int]) -> bool:
    """Whether one of two sizes that must be equal is 1, which broadcasts where it happens to."""
    if constraint.relation is not Relation.EQUAL:
        return False
    return 1 in (evaluate(constraint.left, sizes), evaluate(constraint.right, sizes))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    torch.set_num_threads(1)
    np.seterr(all="ignore")
    wanted = settings("sizes", options("sizes", __doc__ or "", 2000).parse_args(arguments))
    report = campaign(wanted, of_seeds)
    for heading in ("specs", "sizes"):
        for told, count in report.of(heading).most_common():
            print(f"{heading}: {told}: {count}")
    for found in report.failures[:50]:
        print(f"seed {found.seed}: {found.kind}: {found.detail}")
    print(f"{report.examined} specs, {len(report.failures)} failures")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
