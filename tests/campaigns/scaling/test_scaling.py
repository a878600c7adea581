"""A short run of the scaling campaign, and a fault that it has to notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.elaborate.function.liveness import Liveness
from netlang.ir.program import INPUT, Ref
from tests.campaigns.scaling.campaign import (
    CONSTRUCTS,
    MOST,
    SIZES,
    STEADY,
    fault,
    main,
    measured,
)
from tests.campaigns.scaling.measure import VERBS, OtherStatus, exponent, steps

PAIRS = [(name, verb) for name, (_, verbs) in CONSTRUCTS.items() for verb in verbs]
# Pairs whose work once grew faster: accesses to modules and to inputs looked at all steps each.
GREW = [
    ("dotted labels", "compile .py"),
    ("scopes", "compile .py"),
    ("inputs of a block that is called twice", "check"),
    ("layers of a step that takes turns", "check"),
]
SHORT = [*PAIRS[::31], *GREW]


@pytest.mark.parametrize(("name", "verb"), SHORT)
def test_work_grows_as_the_text_does(name: str, verb: str) -> None:
    assert fault(name, verb, measured(name, verb, SIZES)[0]) is None


def test_every_verb_is_in_the_short_run() -> None:
    assert {verb for _, verb in SHORT} == set(VERBS)


def test_every_text_has_the_step_that_is_explained() -> None:
    for name, (make, verbs) in CONSTRUCTS.items():
        assert "explain" not in verbs or "probe" in make(3)["main.net"], name


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


def test_faults_of_exponents() -> None:
    assert fault("statements", "check", 1.0) is None
    assert fault("statements", "draw", 1.21) == "exponent 1.21"
    assert fault("statements", "check", 0.0) == "the work doesn't grow"
    assert fault(min(STEADY), "check", 0.0) is None


@pytest.mark.parametrize("name", sorted(STEADY))
def test_what_is_expected_not_to_grow_does_not(name: str) -> None:
    assert measured(name, "check", SIZES)[0] == 0


@pytest.mark.parametrize(("text", "status"), [("net a {", 0), ("net a { input x: [3]; relu }", 1)])
def test_another_status_is_noticed(
    text: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OtherStatus, match=f"check exits with {1 - status}, not {status}"):
        steps("check", {"main.net": text}, tmp_path, status)


@pytest.mark.parametrize("more", [["--count=9999"], ["--count", "0"], ["--only", "1009999"]])
def test_there_are_no_more_trials_than_constructs(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(more)
    assert end.value.code == 2
    assert f"there are {len(CONSTRUCTS)} trials" in capsys.readouterr().err


def test_the_command_line_measures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = str(tmp_path / "state.json")
    assert main(["--count=1", "--workers", "1", "--state", state]) == 0
    assert "scaling: 1 trials, seed 1: 0 failures" in capsys.readouterr().out
