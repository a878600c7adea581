"""`docs/architecture.md`: its session gives what it shows, its paths exist, no room is left out."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from tests.quality import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = PAGE[PAGE.index("## The rooms") : PAGE.index("## Glossary")]


def folders(parent: Path) -> list[Path]:
    """The folders of modules in a folder."""
    return sorted(path.parent for path in parent.glob("*/__init__.py"))


def paths() -> list[str]:
    """What the page calls a path from the root of the project."""
    found = re.findall(r"`((?:netlang|backends|specs|tests|benchmarks|examples)/[\w/.]*)`", PAGE)
    return sorted(set(found))


def test_the_page_does_what_it_shows() -> None:
    example = doctest.DocTestParser().get_doctest(PAGE, {}, "architecture.md", None, 0)
    assert len(example.examples) >= 25
    report: list[str] = []
    assert doctest.DocTestRunner().run(example, out=report.append).failed == 0, "".join(report)


@pytest.mark.parametrize("path", paths())
def test_what_it_names_exists(path: str) -> None:
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


@pytest.mark.parametrize("parent", ["netlang", "backends"])
def test_every_room_is_named(parent: str) -> None:
    for room in folders(ROOT / parent):
        name = f"`{room.relative_to(ROOT).as_posix()}/`"
        assert name in ROOMS, f"{name} isn't on the page"
        paragraphs = [part for part in re.split(r"\n(?=- |\n)", ROOMS) if name in part]
        for inner in folders(room):
            wanted = f"`{inner.name}/`"
            assert any(wanted in part for part in paragraphs), f"{inner} isn't on the page"


def test_its_bare_names_are_in_their_rooms() -> None:
    checked = 0
    for paragraph in re.split(r"\n(?=- |\n)", ROOMS):
        room = re.search(r"`((?:netlang|backends)/\w+/)`", paragraph)
        for name in re.findall(r"`(\w+(?:/|\.py))`", paragraph) if room else ():
            assert room
            assert (ROOT / room[1] / name).exists(), f"{name} in {paragraph[:60]}"
            checked += 1
    assert checked > 30


def test_the_picture_is_there() -> None:
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", PAGE):
        assert (ROOT / "docs" / name).is_file()
