"""What a run of everything leaves to the long run, and that nothing is lost."""

from __future__ import annotations

import ast
from types import SimpleNamespace
from typing import Any

import pytest

from tests.long_runs import IN_PART, LONG, taken_long
from tests.quality import ROOT


@pytest.mark.parametrize("name", [*IN_PART, *LONG])
def test_each_is_a_test(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert function in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_each_stands_there_once() -> None:
    assert list(IN_PART) == sorted({*IN_PART})
    assert list(LONG) == sorted({*LONG} - {*IN_PART})


def item(name: str, *, slow: bool = False) -> Any:
    path, _, function = name.partition("::")
    return SimpleNamespace(
        path=ROOT / path, originalname=function, name=f"{function}[case]",
        config=SimpleNamespace(rootpath=ROOT),
        get_closest_marker=lambda marker: marker if slow else None,
    )  # fmt: skip


def test_a_sixth_is_left_and_another_one_of_the_next_test() -> None:
    first, second = ([item(name) for _ in range(9)] for name in IN_PART[:2])
    others = [item("tests/test_long_runs.py::test_each_is_a_test"), item(IN_PART[0], slow=True)]
    whole = [item(LONG[0]) for _ in range(2)]
    moved = [id(each) for each in taken_long([*first, *others, *second, *whole])]
    kept = [
        [place for place, each in enumerate(cases) if id(each) not in moved]
        for cases in (first, second, others, whole)
    ]
    assert kept == [[0, 6], [5], [0, 1], []]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 8])
def test_none_is_left_out_whole(count: int) -> None:
    for name in IN_PART:
        cases = [item(name) for _ in range(count)]
        assert len([*taken_long(cases)]) < count
