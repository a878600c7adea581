"""`netlang verify` of single operators: what is computed in float64, and groups of one value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netlang.backends.onnx.lowering import UNSUPPORTED
from netlang.backends.onnx.verify.compare import verify
from netlang.backends.onnx.verify.judge import measured
from netlang.build import BuildOptions, OnnxOptions
from netlang.diagnostics.errors import NetlangError
from netlang.ir.op import Case
from netlang.ir.types import DType, TensorType
from netlang.ops import all_operators
from netlang.ops.norm import GroupNorm
from netlang.ops.unpool import MaxUnpool
from netlang.targets.verifying import Verified, VerifyOptions
from tests.element_types import cases_in
from tests.onnx.support import program_in, program_of

# Random places meet, and what is written last counts.
LEFT_OUT = {*UNSUPPORTED, MaxUnpool}
CASES = [
    pytest.param(case, id=f"{op.name}-{index}")
    for op in all_operators()
    if op not in LEFT_OUT
    for index, case in enumerate(cases_in(op.cases(), DType.FLOAT64))
]


def found(case: Case, opset: int) -> Verified:
    options = VerifyOptions(BuildOptions(onnx=OnnxOptions(opset=opset)))
    return verify(program_of(case.op, case.inputs, {}), options)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("opset", [18, 21])
@pytest.mark.parametrize("case", CASES)
def test_float64_is_rounded_as_attributes_are(case: Case, opset: int) -> None:
    """They are float32: `layer_norm(eps=0.00081)` was off by 2.2e-11, where 1e-12 was allowed."""
    assert codes(case, opset) <= {"E0320"}  # what ONNX Runtime doesn't compute in float64


def codes(case: Case, opset: int) -> set[str]:
    """The errors that a step is told with."""
    try:
        found(case, opset)
    except NetlangError as error:
        return {each.code for each in error.diagnostics}
    return set()


def test_what_float32_has_no_room_for_is_compared_in_float64() -> None:
    far = np.array([1e200, 1.0])
    single = np.array([np.inf, 1.0], np.float32)
    distance = measured(far * (1 + 1e-9), single, far, DType.FLOAT64)
    assert distance.rounding == 0
    assert distance.found == pytest.approx(1e-9, rel=1e-3)


ONE_VALUE = {
    "a net of features": "input x: [4]\n    group_norm(4)",
    "one place": "input x: [4, 1, 1]\n    group_norm(4, affine=false)",
    "perhaps one place": "input x: [4, L=3]\n    group_norm(4) -> conv(4, 1) -> group_norm(2)",
    "weights that are values": (
        "input x: [2]\n    w: parameter([2], init=2)\n    b: parameter([2], init=3)\n"
        "    x -> group_norm(2, weight=w, bias=b)"
    ),
}


@pytest.mark.parametrize("text", ONE_VALUE.values(), ids=ONE_VALUE)
def test_a_group_of_one_value(text: str, tmp_path: Path) -> None:
    """PyTorch's module refuses it for one example: the deviation of one value is 0."""
    program = program_in(tmp_path, f"net n {{\n    {text}\n}}\n")
    verified = verify(program, VerifyOptions(BuildOptions()))
    assert verified.inputs[0].startswith("[1, ")
    assert verified.compared


def test_a_group_of_one_value_without_a_batch() -> None:
    alone = Case(GroupNorm(groups=4), (TensorType((4,), batch=None),))
    assert found(alone, 21).compared == 1
