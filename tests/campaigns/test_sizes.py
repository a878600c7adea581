"""A short run of the campaign on symbolic sizes, and that it would notice a wrong rule."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from netlang.ir.constraints import Constraint
from netlang.ir.program import Program
from tests.campaigns import sizes
from tests.campaigns.files import cases
from tests.campaigns.generator import generate
from tests.campaigns.of_specs import CASE, kept
from tests.campaigns.running import run_here
from tests.campaigns.subject import Spec, load

pytestmark = pytest.mark.filterwarnings("ignore")


def test_thirty_specs_take_the_sizes_that_they_say() -> None:
    state = run_here(sizes.CAMPAIGN, 30, 0)
    assert state.failures == []
    assert state.counts["sizes: accepted"] == 90
    assert state.counts["sizes: refused by both"] > 10
    told = sizes.summary(state.counts).lines
    assert "sizes: accepted: 90" in told
    assert any(line.startswith("specs: with constraints: ") for line in told)


@pytest.mark.parametrize("folder", list(cases("sizes")), ids=lambda path: path.name)
def test_what_once_failed_takes_its_sizes(folder: Path) -> None:
    assert sizes.judged(*kept(folder)) is None


def test_sizes_are_sampled_on_both_sides() -> None:
    program = load(
        Spec("net a {\n    input x: [1, H=8]\n    conv(2, 5) -> maxpool(2)\n}\n", {}, "a")
    )
    accepted, refused = sizes.sampled(program, 0)
    assert len(accepted) == len(refused) == 3
    assert all(each["H"] >= 6 for each in accepted)
    assert all(each["H"] < 6 for each in refused)


def test_a_condition_too_many_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "net a {\n    input x: [1, H=8]\n    conv(2, 3)\n}\n"
    program = load(Spec(text, {}, "a"))
    monkeypatch.setattr(Constraint, "holds", lambda self, at: at["H"] >= 7)
    monkeypatch.setattr(sizes, "sampled", lambda program, seed: ([{"H": 8}], [{"H": 5}]))
    failure = sizes.examine_sizes(program, 0, Counter())
    assert failure is not None
    assert failure.kind == "refused size runs"


def test_a_failure_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Constraint, "holds", lambda self, at: at["H"] >= 7)

    def refused(program: Program, seed: int) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
        return [], [{"H": 5}] if program.deployed_conditions else []

    monkeypatch.setattr(sizes, "sampled", refused)
    text = "net a {\n    input x: [1, H=8]\n    conv(2, 3) -> relu\n    tanh\n}\n"
    found = sizes.judged(Spec(text, {}, "a"), 0)
    assert found is not None
    small = sizes.shrink(found)
    assert small.what == "refused size runs"
    assert "conv" in small.files[CASE]
    assert "tanh" not in small.files[CASE]


def test_specs_of_the_campaign_put_no_conditions_of_their_own() -> None:
    texts = [generate(seed, symbolic=True, size_asserts=False).text for seed in range(200)]
    asserts = [
        line for text in texts for line in text.splitlines() if line.strip().startswith("assert")
    ]
    assert asserts
    assert not any(".shape[" in line and ">=" in line for line in asserts)
