"""A short run of the scaling campaign, and a fault that it has to notice."""

from __future__ import annotations

import pytest

from netlang.elaborate.function.liveness import Liveness
from netlang.ir.program import INPUT, Ref
from tests.campaigns.scaling.campaign import CONSTRUCTS, KNOWN, MOST, SIZES, measured
from tests.campaigns.scaling.measure import VERBS, exponent

PAIRS = [(name, verb) for name, (_, verbs) in CONSTRUCTS.items() for verb in verbs]
SHORT = PAIRS[::17]


@pytest.mark.parametrize(("name", "verb"), SHORT)
def test_work_grows_as_the_text_does(name: str, verb: str) -> None:
    if verb not in KNOWN.get(name, ()):
        assert measured(name, verb, SIZES)[0] <= MOST


def test_every_verb_is_in_the_short_run() -> None:
    assert {verb for _, verb in SHORT} == set(VERBS)


def test_a_step_that_looks_at_all_steps_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def looks_at_all(self: Liveness, index: int) -> bool:
        wanted = Ref(INPUT, index)
        return sum(ref == wanted for refs in self._readers.values() for ref in refs) > 0

    monkeypatch.setattr(Liveness, "reads_input", looks_at_all)
    assert measured("inputs", "check", SIZES)[0] > MOST


def test_exponents() -> None:
    sizes = (10, 20, 40, 80)
    assert exponent(sizes, [500 + 7 * n for n in sizes]) == pytest.approx(1)
    assert exponent(sizes, [9 * n * n for n in sizes]) == pytest.approx(2)
    assert exponent(sizes, [500] * 4) == 0
    assert exponent(sizes, [10**6 + n * n for n in sizes]) == 0  # too little to tell


def test_what_is_known_is_there() -> None:
    for name, verbs in KNOWN.items():
        assert set(verbs) <= set(CONSTRUCTS[name][1]) <= set(VERBS)
