"""Lines that a page shows otherwise than they are printed are noticed."""

from __future__ import annotations

from tests.examples.support import LEFT_OUT, agrees


def test_shown_lines_that_differ_are_noticed() -> None:
    printed = ["a", "b", "c"]
    assert agrees(["a", LEFT_OUT], printed)
    assert agrees([LEFT_OUT, "b", LEFT_OUT, "c"], printed)
    assert not agrees(["a", "b"], printed)
    assert not agrees([LEFT_OUT, "d"], printed)
