"""The pages of `examples/comparisons`: commands print what they show, and numbers hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples.support import agrees, numbers, printed_by, prose, sessions
from tests.quality import ROOT

FOLDER = ROOT / "examples" / "comparisons"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md"))


def at(page: str) -> Path:
    return FOLDER / f"{page}.md"


COMMANDS = [(page, line, printed) for page in PAGES for line, printed in sessions(at(page))]


def test_every_page_has_its_nets() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.net")) == PAGES
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert all(f"(comparisons/{page}.md)" in text for page in PAGES)
    assert all(f"]({page}.net)" in prose(at(page)) for page in PAGES)


@pytest.mark.parametrize(("page", "line", "shown"), COMMANDS)
def test_command_prints_what_is_shown(page: str, line: str, shown: list[str]) -> None:
    assert agrees([each.rstrip() for each in shown], printed_by(line).splitlines())


@pytest.mark.parametrize("page", PAGES)
def test_claims_of_the_nets_hold(page: str) -> None:
    printed_by(f"netlang check {FOLDER.relative_to(ROOT)}/{page}.net")
    assert "assert " in (FOLDER / f"{page}.net").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_numbers_of_the_text_are_printed_or_asserted(page: str) -> None:
    """Large numbers as they are, millions rounded, shares and multiples as literals of asserts."""
    spec = (FOLDER / f"{page}.net").read_text(encoding="utf-8")
    asserted = numbers("\n".join(re.findall(r"^assert .*$", spec, re.MULTILINE)))
    known = asserted.union(*(numbers(printed_by(line)) for line, _ in sessions(at(page))))
    text = prose(at(page))
    for found in re.findall(r"(\d[\d,]*(?:\.\d+)?) M\b", text):
        digits = len(found.partition(".")[2])
        wanted = float(found.replace(",", ""))
        assert any(round(number / 1e6, digits) == wanted for number in known), found
    for found in re.findall(r"\d{1,3}(?:,\d{3})+(?! M\b)", text):
        assert int(found.replace(",", "")) in known, found
    for found in re.findall(r"(\d+) (?:%|times|C\^2)", text):
        assert int(found) in asserted, found
