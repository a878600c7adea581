"""A short run of the campaign, its cases again, and that it would notice what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.ir.op import Cost
from netlang.ir.types import Types
from netlang.ops.conv import Conv
from tests.campaigns.agree import CASES, of_seeds
from tests.campaigns.examine import examine
from tests.campaigns.exemptions import CANCELLING, REFERENCE_FAILS, REFERENCE_OVERFLOWS
from tests.campaigns.generator import generate
from tests.campaigns.shrink import shrunk, slug
from tests.campaigns.subject import Spec, read_spec

pytestmark = pytest.mark.filterwarnings("ignore")

SAVED = sorted(CASES.glob("*.net"))


def test_sixty_specs_agree() -> None:
    report = of_seeds(range(60))
    assert report.failures == []
    assert report.examined == 60
    assert report.of("reference")["compared"] > 30


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_what_once_failed_agrees(path: Path) -> None:
    assert examine(read_spec(path.read_text(encoding="utf-8"))).failure is None


def test_a_wrong_count_is_noticed_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Conv.cost

    def wrong(self: Conv, inputs: Types) -> Cost:
        cost = right(self, inputs)
        return Cost(cost.macs * self.groups, cost.other)

    monkeypatch.setattr(Conv, "cost", wrong)
    found = next(each for each in of_seeds(range(40)).failures)
    assert found.kind == "flops"

    def fails(spec: Spec) -> bool:
        failure = examine(spec, found.seed).failure
        return failure is not None and failure.kind == "flops"

    before = Spec.of(generate(found.seed))
    small = shrunk(before, fails)
    assert "groups=" in small.text
    assert len(small.text.splitlines()) < len(before.text.splitlines()) // 2 + 3


def test_exemptions_say_why() -> None:
    reasons = [each.reason for each in REFERENCE_FAILS]
    reasons += [*CANCELLING.values(), *REFERENCE_OVERFLOWS.values()]
    assert all(len(reason) > 10 for reason in reasons)


def test_kinds_are_parts_of_file_names() -> None:
    assert slug("torch: AttributeError in __getattr__") == "torch_attributeerror_in_getattr"
