"""A short run of the campaign on symbolic sizes, and that it would notice a wrong rule."""

from __future__ import annotations

import pytest

from netlang.ir.constraints import Constraint
from tests.campaigns import sizes
from tests.campaigns.generator import generate
from tests.campaigns.report import Report
from tests.campaigns.subject import Spec, load

pytestmark = pytest.mark.filterwarnings("ignore")


def test_thirty_specs_take_the_sizes_that_they_say() -> None:
    report = sizes.of_seeds(range(30))
    assert report.failures == []
    assert report.of("sizes")["accepted"] == 90
    assert report.of("sizes")["refused by both"] > 10


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
    failure = sizes.examine_sizes(program, 0, Report())
    assert failure is not None
    assert failure.kind == "refused size runs"


def test_specs_of_the_campaign_put_no_conditions_of_their_own() -> None:
    texts = [generate(seed, symbolic=True, size_asserts=False).text for seed in range(200)]
    asserts = [
        line for text in texts for line in text.splitlines() if line.strip().startswith("assert")
    ]
    assert asserts
    assert not any(".shape[" in line and ">=" in line for line in asserts)
