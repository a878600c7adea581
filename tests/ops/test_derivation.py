"""Every operator's arithmetic: formulas that give their values, which are those of its rules."""

from __future__ import annotations

import pytest

from netlang.ir.dims import evaluate
from netlang.ir.op import Case
from netlang.ir.types import TensorType, Types
from netlang.ops import all_operators
from netlang.records import replace
from tests.arithmetic import evaluated

CASES = [
    pytest.param(case, id=f"{op.name}-{index}")
    for op in all_operators()
    for index, case in enumerate(op.cases())
]
AXES = {
    1: ("features",),
    2: ("channels", "length"),
    3: ("channels", "height", "width"),
    4: ("channels", "depth", "height", "width"),
}


def in_numbers(inputs: Types, batch: int) -> Types:
    return tuple(x if x.batch is None else replace(x, batch=batch) for x in inputs)


def axis_of(what: str, rank: int) -> int:
    """The axis of the output that a line speaks of."""
    if what.startswith("axis "):
        return int(what.removeprefix("axis "))
    return rank - 1 if what == "features" else AXES[rank].index(what)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_formulas_give_what_the_rules_say(case: Case, batch: int) -> None:
    inputs = in_numbers(case.inputs, batch)
    lines = case.op.derivation(inputs)
    assert len({line.what for line in lines}) == len(lines)
    for line in lines:
        assert evaluated(line.formula) == line.value, line
    check_shape(case, inputs, {line.what: line.value for line in lines})
    check_figures(case, inputs, {line.what: line.value for line in lines})


def check_shape(case: Case, inputs: Types, found: dict[str, object]) -> None:
    y: TensorType = case.op.infer(inputs).outputs[0]
    told = {
        axis_of(what.removeprefix("out "), y.rank): value
        for what, value in found.items()
        if what.startswith("out ")
    }
    for axis, value in told.items():
        assert value == y.shape[axis]
    before = inputs[0].shape if inputs else y.shape
    for axis, size in enumerate(y.shape):
        assert axis in told or (axis < len(before) and before[axis] == size), f"axis {axis}"


def check_figures(case: Case, inputs: Types, found: dict[str, object]) -> None:
    cost, weights = case.op.cost(inputs), case.op.weights(inputs)
    expected = {
        "params": sum(weight.elements for weight in weights if not weight.buffer),
        "buffers": sum(weight.elements for weight in weights if weight.buffer),
        "MACs": evaluate(cost.macs, {}),
        "other operations": evaluate(cost.other, {}),
    }
    assert {what: found.get(what, 0) for what in expected} == expected
    assert set(found) <= {*expected, "elements in", "elements out"} | {
        what for what in found if what.startswith("out ")
    }
