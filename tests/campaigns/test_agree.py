"""A short run of the campaign, its cases again, and that it would notice what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.ir.op import Cost
from netlang.ir.types import Types
from netlang.ops.conv import Conv
from tests.campaigns import agree, exported
from tests.campaigns.counts import of
from tests.campaigns.exemptions import (
    CANCELLING,
    EXPORTER_LACKS,
    REFERENCE_FAILS,
    REFERENCE_OVERFLOWS,
    unexported,
)
from tests.campaigns.exported import export_differs
from tests.campaigns.failure import Failure
from tests.campaigns.files import CASES, cases
from tests.campaigns.of_specs import CASE, kept
from tests.campaigns.running import MOST, Summary, run_here
from tests.campaigns.subject import Spec, read_spec

pytestmark = pytest.mark.filterwarnings("ignore")

SAVED = [*sorted(CASES.glob("*.net")), *(folder / CASE for folder in cases("agree"))]


def _name(path: Path) -> str:
    return path.parent.name if path.name == CASE else path.stem


def test_sixty_specs_agree() -> None:
    state = run_here(agree.CAMPAIGN, 60, 0)
    assert state.failures == []
    assert of(state.counts, "reference").total() == 60
    assert state.counts["reference: compared"] > 30
    told = agree.summary(state.counts)
    for heading in ("operators", "constructs", "pairs"):
        seen = _seen(told, heading)
        assert len(of(state.counts, heading)) >= seen > 20
        assert any(line.startswith(f"{heading}: {seen} of ") for line in told.lines)
    assert any(line.startswith("reference: compared: ") for line in told.lines)


def _seen(told: Summary, heading: str) -> int:
    found = told.data[heading]
    assert isinstance(found, dict)
    assert found["seen"] + len(found["unseen"]) == found["of"]
    return int(found["seen"])


@pytest.mark.parametrize("path", SAVED, ids=_name)
def test_what_once_failed_agrees(path: Path) -> None:
    found = kept(path.parent) if path.name == CASE else (_alone(path), 0)
    assert agree.judged(*found) is None


def _alone(path: Path) -> Spec:
    return read_spec(path.read_text(encoding="utf-8"))


def test_a_wrong_count_is_noticed_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Conv.cost

    def wrong(self: Conv, inputs: Types) -> Cost:
        cost = right(self, inputs)
        return Cost(cost.macs * self.groups, cost.other)

    monkeypatch.setattr(Conv, "cost", wrong)
    failures = [failure for number in range(60) for failure in agree.Agree()(number).failures]
    # The larger a spec, the more of what is left needs each other.
    found = min(failures, key=lambda failure: len(failure.files[CASE]))
    assert found.what == "flops"
    small = agree.shrink(found)
    assert small.what == "flops"
    before, after = (each.files[CASE].splitlines() for each in (found, small))
    assert any("groups=" in line for line in after)
    assert len(after) < min(len(before), 17)


def test_the_first_are_exported_too(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Failure("exporter", "another value")
    asked: list[int] = []

    def differs(spec: Spec, number: int) -> tuple[Failure, None]:
        asked.append(number)
        return wrong, None

    monkeypatch.setattr(agree, "export_differs", differs)
    first = MOST  # of seed 1
    verdicts = [agree.Agree(exported=1)(number) for number in (first, first + 1)]
    assert asked == [first]
    assert [len(each.failures) for each in verdicts] == [1, 0]
    assert verdicts[0].failures[0].files == {}  # only what `examine` sees is kept as a case
    assert verdicts[0].counts["exporter: compared"] == 1


@pytest.mark.slow
def test_the_exporter_fails_for_reasons_that_are_known() -> None:
    pytest.importorskip("onnxscript", reason="torch's exporter needs it: it is in dev")
    labelled = "net a {\n    input x: [2, 8, 8]\n    for: conv(2, 1x1)\n}\n"
    pooled = "net a {\n    input x: [2, 9, 8]\n    adaptive_maxpool(2x5)\n}\n"
    found = [export_differs(Spec(text, {}, "a"), 0) for text in (labelled, pooled)]
    assert [failure for failure, _ in found] == [None, None]
    reasons = [reason for _, reason in found]
    assert reasons[0] in EXPORTER_LACKS.values()
    assert reasons[1] == "it has no translation of aten.adaptive_max_pool2d"


def test_another_error_of_the_exporter_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        try:
            raise ZeroDivisionError("by 0")
        except ZeroDivisionError as error:
            raise RuntimeError("export failed, step 2/3") from error

    monkeypatch.setattr(exported, "_export", broken)
    text = "net a {\n    input x: [2]\n    relu\n}\n"
    failure, reason = export_differs(Spec(text, {}, "a"), 0)
    assert reason is None
    assert failure is not None
    assert failure.kind == "exporter: ZeroDivisionError in broken"
    assert unexported(None) is None


def test_exemptions_say_why() -> None:
    reasons = [each.reason for each in REFERENCE_FAILS]
    reasons += [*CANCELLING.values(), *REFERENCE_OVERFLOWS.values(), *EXPORTER_LACKS.values()]
    assert all(len(reason) > 10 for reason in reasons)
