"""The pictures of a search: every trial is a line, and what decides is what matters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netlang.backends.pictures import draw_into
from netlang.backends.torch.compare import trials
from netlang.backends.torch.compare.trials import draw_search, importances
from netlang.searching.trial import uniform_number
from netlang.targets.comparing import SearchAxis, SearchPoint, SearchPoints

AXES = (
    SearchAxis("lr", ((0.0, "0.001"), (1.0, "0.1"))),
    SearchAxis("act", ((0.0, "relu"), (1.0, "gelu"))),
    SearchAxis("a_name_that_is_much_too_long", ((0.0, "0"), (1.0, "1"))),
)


def points(count: int, *, flat: bool = False) -> SearchPoints:
    """Scores that depend on the first axis; the last one is there in every second trial."""
    made = []
    for number in range(count):
        place = {axis.name: uniform_number(1, number, axis.name) for axis in AXES}
        place["act"] = float(place["act"] > 0.5)
        if number % 2:
            del place[AXES[2].name]
        score = 0.5 if flat else 1.0 - abs(place["lr"] - 0.3)
        made.append(SearchPoint(place, score))
    made.sort(key=lambda each: -each.score)
    return SearchPoints(AXES, "validation accuracy", False, tuple(made), tuple(made))


def test_what_decides_matters() -> None:
    found = importances(points(20))
    assert found["lr"][0] > 0.9
    assert sum(mean for mean, _ in found.values()) == pytest.approx(1.0)
    assert importances(points(7)) == importances(points(20, flat=True)) == {}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a user."""
    monkeypatch.setattr(trials, "draw_into", draw_into)


@pytest.mark.parametrize("made", [points(20), points(1)], ids=["many", "one"])
def test_pictures(made: SearchPoints, tmp_path: Path, drawn: None) -> None:
    files = draw_search(made, tmp_path)
    names = ["parallel.svg", "parallel.png", "importance.svg", "importance.png"]
    assert [each.name for each in files] == names[: 4 if len(made.trials) > 1 else 2]
    text = files[0].read_text(encoding="utf-8")
    for shown in ("lr", "gelu", "a_name_that_is_much_t...", "validation accuracy"):
        assert f">{shown}</text>" in text
    assert len(re.findall("#dc143c", text)) >= 1  # the best trial
