"""An operator that says that it keeps the type of its input does so in all of its cases."""

from __future__ import annotations

import pytest

from netlang.ir.op import Op
from netlang.ops import all_operators

KEEPING = [op for op in all_operators() if op.keeps_type]


@pytest.mark.parametrize("op", KEEPING, ids=lambda op: op.name)
def test_the_output_has_the_type_of_the_input(op: type[Op]) -> None:
    assert op.arity.minimum == 1
    for case in op.cases():
        assert case.op.infer(case.inputs).outputs == case.inputs[:1]
