"""The page of the operators is that of the operators as they are."""

from __future__ import annotations

from netlang.ops import operator_names
from netlang.ops.reference import reference
from tests.quality import ROOT


def test_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    assert page == reference(), "run python -m netlang.ops.reference docs/operators.md"


def test_every_operator_is_listed_once() -> None:
    page = reference()
    assert all(page.count(f"\n### {name}\n") == 1 for name in operator_names())
