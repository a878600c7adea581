"""Each planted mistake is found and called by its name; the long run asks all checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.train.doctor.planted import PLANTED
from tests.train.doctor.support import examined, mistakes, write


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_found(name: str, tmp_path: Path) -> None:
    planted = PLANTED[name]
    write(tmp_path, planted.data())
    checks = () if planted.check is None else (planted.check,)
    reports = examined(tmp_path, planted.text, checks)
    assert mistakes(reports) == [planted.name]
    (found,) = {each.mistake: each for report in reports for each in report.symptoms}.values()
    assert found.span is not None
    assert found.advice


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_all_checks_find_it_too(name: str, tmp_path: Path) -> None:
    write(tmp_path, PLANTED[name].data())
    assert PLANTED[name].name in mistakes(examined(tmp_path, PLANTED[name].text))
