"""`python -m tests.campaigns.sizes --count 2000 --seed 1`: the sizes accepted are those that run.

Every spec has symbolic sizes. At three sampled sizes that its reported constraints admit the
emitted module gives the shapes foretold; at three that break them PyTorch refuses to run as well.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping

from netlang.analysis.constraints import solve
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from tests.campaigns.counts import headed, lines
from tests.campaigns.facts import shapes_at
from tests.campaigns.failure import Failure as Wrong
from tests.campaigns.failure import of_exception
from tests.campaigns.generator import SINGLE, generate
from tests.campaigns.of_specs import failure_of, smaller
from tests.campaigns.running import MOST, Campaign, Failure, Summary, Verdict, command
from tests.campaigns.subject import BATCH, Spec, Subject, inputs_of, load, subject

__all__ = ["CAMPAIGN", "SILENT", "examine_sizes", "judged", "sampled", "shrink", "trial"]

WANTED = 3
TRIALS = 80
# How many specs are drawn for one that doesn't take every size.
FURTHER = 8
# How far apart their numbers are: further than those of any two seeds.
APART = 10_000 * MOST
Sizes = dict[str, int]
# How PyTorch refuses; attention asserts the size of what it gets.
REFUSALS = (RuntimeError, ValueError, IndexError, AssertionError)

# Conditions that PyTorch doesn't check, by what their reason begins with: it runs, and gives
# something else than was asked for.
SILENT = {
    "a window of `maxpool` would read nothing but padding": "the largest of no elements is -inf",
    "the window of `crop`": "a slice of a tensor that ends behind it is silently shorter",
    "`conv_transpose` must leave": "a size of exactly 0 is one as well",
    "`slice` must": "a slice of a tensor that ends behind it is silently shorter",
}


def trial(number: int) -> Verdict:
    """The sizes of the spec of a number."""
    failure, counts = _judged(_constrained(number), number)
    return Verdict((failure,) if failure else (), counts)


def judged(spec: Spec, number: int) -> Failure | None:
    """What is wrong with the sizes that a spec takes."""
    return _judged(spec, number)[0]


def shrink(failure: Failure) -> Failure:
    """The same fault in a shorter spec."""
    return smaller(failure, judged)


def _judged(spec: Spec, number: int) -> tuple[Failure | None, Counter[str]]:
    counts = Counter[str]()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the variance of one element, at some sizes
            wrong = examine_sizes(load(spec), number, counts)
    except Exception as error:
        wrong = of_exception(error, "compile")
    return failure_of(spec, number, wrong.kind, wrong.detail) if wrong else None, counts


def _constrained(number: int) -> Spec:
    """The first spec with conditions on its sizes among a few that belong to the number."""
    for further in range(FURTHER):
        each = number + further * APART
        spec = Spec.of(generate(each, symbolic=True, size_asserts=False, floats=SINGLE))
        if _has_conditions(spec):
            break
    return spec


def _has_conditions(spec: Spec) -> bool:
    """Whether it has; one that doesn't compile counts too, so that it is tried and told of."""
    try:
        return bool(solve(load(spec)).texts)
    except Exception:
        return True


def examine_sizes(program: Program, seed: int, counts: Counter[str]) -> Wrong | None:
    """The first sampled size at which compiler and torch disagree; adds to `counts`."""
    made = subject(program, seed)
    accepted, refused = sampled(program, seed)
    for sizes in accepted:
        counts.update(headed("sizes", ["accepted"]))
        if wrong := _must_run(made, sizes):
            return wrong
    for sizes in refused:
        wrong, told = _must_not_run(made, sizes)
        counts.update(headed("sizes", [told]))
        if wrong:
            return wrong
    kind = "with constraints" if refused else "that take every size sampled"
    counts.update(headed("specs", [kind]))
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


def _must_run(made: Subject, sizes: Sizes) -> Wrong | None:
    feeds = inputs_of(made.program, 0, BATCH, sizes)
    try:
        found = [tuple(each.shape) for each in made.outputs(feeds)]
    except Exception as error:
        failure = of_exception(error, "accepted")
        return Wrong(failure.kind, f"{sizes}: {failure.detail}")
    told = shapes_at(made.program, {**made.program.defaults, **sizes, "N": BATCH})
    return None if found == told else Wrong("foretold", f"{sizes}: {told}, torch has {found}")


def _must_not_run(made: Subject, sizes: Sizes) -> tuple[Wrong | None, str]:
    broken = _broken(made.program, sizes)
    try:
        made.outputs(inputs_of(made.program, 0, BATCH, sizes))
    except REFUSALS:
        return None, "refused by both"
    for constraint in broken:
        if any(constraint.reason.startswith(begin) for begin in SILENT):
            return None, "refused, and silently something else in torch"
        if _broadcasts(constraint, {**sizes, "N": BATCH}):
            return None, "refused, and broadcast in torch for this size alone"
    reasons = "; ".join(f"{each} ({each.reason})" for each in broken)
    return Wrong("refused size runs", f"{sizes}: {reasons}"), "refused by the compiler alone"


def _broken(program: Program, sizes: Mapping[str, int]) -> list[Constraint]:
    at = {**sizes, "N": BATCH}
    conditions = [condition.constraint for condition in program.deployed_conditions]
    return [constraint for constraint in conditions if not constraint.holds(at)]


def _broadcasts(constraint: Constraint, sizes: Mapping[str, int]) -> bool:
    """Whether one of two sizes that must be equal is 1, which broadcasts where it happens to."""
    if constraint.relation is not Relation.EQUAL:
        return False
    return 1 in (evaluate(constraint.left, sizes), evaluate(constraint.right, sizes))


def summary(counts: Mapping[str, int]) -> Summary:
    """How many specs have constraints, and what became of the sizes."""
    return Summary(lines(counts, "specs", "sizes"))


CAMPAIGN = Campaign(
    name="sizes",
    about=__doc__ or "",
    trial=trial,
    shrink=shrink,
    summary=summary,
    chunk=25,
    count=2000,
)

if __name__ == "__main__":
    from tests.campaigns import sizes

    sys.exit(command(sizes.CAMPAIGN))
