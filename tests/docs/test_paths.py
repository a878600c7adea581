"""The page of the steps of a path is that of the steps as they are."""

from __future__ import annotations

import re

import pytest

from netlang.recipes.counterpart import counterpart
from netlang.recipes.reference import reference
from netlang.recipes.tables import table
from netlang.recipes.words.data import ImageFolder
from tests.quality import ROOT
from tests.recipes.support import path_of

PAGE = (ROOT / "docs" / "paths.md").read_text(encoding="utf-8")


def test_page_is_up_to_date() -> None:
    assert reference() == PAGE, "run python -m netlang.recipes.reference docs/paths.md"


def test_every_step_is_on_it() -> None:
    assert set(re.findall("^### (.+)$", PAGE, re.MULTILINE)) == set(table("augmentation"))


@pytest.mark.parametrize("row", re.findall(r"^\| `([a-z_]+\(.+?)` \| `(.+?)`", PAGE, re.MULTILINE))
def test_counterparts_are_those_of_the_table(row: tuple[str, str]) -> None:
    augment, test = row
    assert counterpart(path_of(augment), ImageFolder(dataset="birds")) == path_of(test)
