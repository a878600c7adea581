"""Outputs without a declaration: each has a name of its own, whatever the labels are."""

from __future__ import annotations

import pytest

from netlang.elaborate.check import check_definitions
from netlang.ir.verify import verify
from netlang.modules.library import Library
from netlang.source import Source

NAMES = {
    "relu": ["output"],
    "a: relu; (a, x)": ["a", "x"],
    "split(1)": ["output0", "output1"],
    "relu; auxiliary output: relu": ["output0", "output"],
    "relu; auxiliary output0: relu; auxiliary output: relu": ["output1", "output0", "output"],
    "a.y: relu; b.y: tanh; (a.y, b.y)": ["output0", "output1"],
    "a.y: relu; b.y: tanh; output1: relu; (a.y, output1, b.y)": ["output0", "output1", "output2"],
    "a: relu; (a, a)": ["output0", "output1"],
    "a: relu; auxiliary a: relu -> tanh; (a, x)": ["output0", "x", "a"],
}


@pytest.mark.parametrize("body", NAMES)
def test_every_output_has_a_name_of_its_own(body: str) -> None:
    """An auxiliary one called `output`, and labels that end in one word, gave a name twice."""
    lines = "\n".join(["net a {", "input x: [2, 6, 6]", *body.split("; "), "}\n"])
    checked = check_definitions(Library().module(Source("a.net", lines), None))
    assert list(checked.diagnostics) == []
    program = checked.programs["a"]
    assert [output.name for output in program.net.outputs] == NAMES[body]
    verify(program)
