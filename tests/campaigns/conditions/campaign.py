"""`python -m tests.campaigns.conditions --count 20000 --seed 1`: conditions are told right.

Every net is random, has 1 to 6 halvings, and takes some sizes from 1 to 512 alone. Its conditions,
read as a person would, hold exactly at the sizes at which it runs; so do its formulas, at some.
In the end, half of the sentences of halvings, joins and crops must have at most 50 characters, and
99 % at most 120. Three nets of eight ask something of both axes at once as well: these are counted
apart, since a sentence for each axis and one for both is longer.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

import numpy as np

from netlang.analysis.constraints import solve
from netlang.diagnostics.errors import NetlangError
from netlang.ir.sizes.solve import Solution
from tests.campaigns import counts
from tests.campaigns.conditions.nets import LARGEST, Net, drawn
from tests.campaigns.conditions.reader import holding
from tests.campaigns.running import Campaign, Failure, Summary, Verdict
from tests.campaigns.subject import Spec, load

__all__ = ["CAMPAIGN", "FEW", "MEDIAN", "lengths", "trial"]

MEDIAN, LONG = 50, 120
ALONE, SEVERAL = "characters", "characters with both axes"
# How many of a hundred sentences may be longer than LONG.
FEW = 1
SAMPLES = 20
# How far apart the nets are that are drawn for one number until one has conditions.
APART = 10**9


def trial(number: int) -> Verdict:
    """Whether the conditions of a net are those of the sizes at which it runs."""
    nets = map(drawn, range(number, number + 100 * APART, APART))
    net = next(net for net in nets if _asks(net, number))
    if not net.runs.any():
        return _none(net)
    solution = solve(load(Spec(net.text, {}, "n")))
    told = ", ".join(solution.sentences)
    found = _wrong(solution, net, number)
    failures = (Failure(found, f"{told}\n{net.text}", {"net.net": net.text}),) if found else ()
    heading = SEVERAL if net.together else ALONE
    return Verdict(failures, counts.headed(heading, [str(len(told))]))


def _asks(net: Net, number: int) -> bool:
    """Whether a net takes some sizes alone; every tenth may take none."""
    return not net.runs.all() and (number % 10 == 0 or bool(net.runs.any()))


def _none(net: Net) -> Verdict:
    """A net that takes no size is refused."""
    try:
        load(Spec(net.text, {}, "n"))
    except NetlangError:
        return Verdict((), counts.headed("nets", ["that no size fits, refused"]))
    return Verdict((Failure("a net that no size fits is accepted", net.text),))


def _wrong(solution: Solution, net: Net, number: int) -> str:
    """What is wrong with sentences or formulas; empty if nothing is."""
    sizes = np.arange(1, LARGEST + 1)
    named = {"H": sizes[:, None], "W": sizes[None, :]}
    holds = np.ones_like(net.runs)
    for sentence in solution.sentences:
        holds &= holding(sentence, named)
    if (holds != net.runs).any():
        return "the sentences hold at other sizes than the net runs at"
    generator = random.Random(number)
    for _ in range(SAMPLES):
        at = {name: generator.randint(1, LARGEST) for name in named}
        runs = net.runs[at["H"] - 1, at["W"] - 1]
        if all(eval(text, {}, dict(at)) for text in solution.texts) != runs:
            return f"the formulas are wrong at {at}"
        if (not solution.check({**at, "N": 1})) != runs:
            return f"the check is wrong at {at}"
    return ""


def lengths(found: Mapping[str, int], heading: str = ALONE) -> tuple[int, float]:
    """The median of the sentences' lengths, and how many of a hundred are too long."""
    many = Counter({int(n): k for n, k in counts.of(found, heading).items()})
    inorder = sorted(many.elements())
    return inorder[len(inorder) // 2], 100 * sum(n > LONG for n in inorder) / len(inorder)


def summary(found: Mapping[str, int]) -> Summary:
    """How long the sentences are."""
    told = []
    for heading in (ALONE, SEVERAL):
        median, long = lengths(found, heading)
        told.append(f"{heading}: median {median}, over {LONG}: {long:.2f} %")
    return Summary((*told, *counts.lines(found, "nets")))


CAMPAIGN = Campaign(
    name="conditions", about=__doc__ or "", trial=trial, summary=summary, chunk=50, count=20_000
)
