"""The page of the operators is that of the operators as they are."""

from __future__ import annotations

from netlang.ops import operator_names
from netlang.ops.reference import FAMILIES, reference
from tests.quality import ROOT


def test_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    assert page == reference(), "run python -m netlang.ops.reference docs/operators.md"


def test_every_operator_is_in_one_family() -> None:
    listed = [name for _, _, names in FAMILIES for name in names]
    assert sorted(listed) == sorted(operator_names())
