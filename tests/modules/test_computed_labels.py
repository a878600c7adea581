"""Names beside many computed labels: unknown unless one of these may be meant."""

from __future__ import annotations

import pytest

from netlang.source import Source
from tests.support import check_source


def unknown(name: str, labels: str, count: int = 150) -> bool:
    """Whether a block with so many computed labels knows no such name."""
    lines = "".join(f"        {labels.replace('@', str(each))}: relu\n" for each in range(count))
    text = f"block b {{\n    for i in range(2) {{\n{lines}    }}\n    {name}\n}}\n"
    codes = [each.code for each in check_source(Source("a.net", text))]
    assert set(codes) <= {"E0201", "W0103"}
    return "E0201" in codes


@pytest.mark.parametrize("name", ["a7b1", "a149b12", "a0bx"])
def test_a_name_that_a_label_may_come_to_is_known(name: str) -> None:
    assert not unknown(name, "a@b{i}")


@pytest.mark.parametrize("name", ["conw", "a7b", "a7c1", "a150b1", "ba7b1"])
def test_a_name_that_none_comes_to_is_unknown(name: str) -> None:
    assert unknown(name, "a@b{i}")


def test_labels_that_begin_and_end_alike_may_come_to_anything_between() -> None:
    assert not unknown("a1z", "a{i}m@n{i}z")
    assert unknown("a1y", "a{i}m@n{i}z")
    assert unknown("conw", "a{i}m@n{i}z")
