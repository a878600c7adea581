"""Every operator in every type, at every opset: ONNX Runtime runs the file, or it isn't written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from netlang.backends.onnx import HIGHEST_OPSET, LOWEST_OPSET, OPSET, Form, export
from netlang.backends.onnx.lowering import UNSUPPORTED
from netlang.diagnostics.errors import NetlangError
from netlang.ir.op import Case, Op, Rejection
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.ops import all_operators
from netlang.records import replace
from tests.element_types import cases_in, torch_type
from tests.onnx.support import program_of, random_weights, run
from tests.ops.torch_modules import samples

OPERATORS = [op for op in all_operators() if op not in UNSUPPORTED]
LACKING = "NOT_IMPLEMENTED|does not support"
OPSETS = range(LOWEST_OPSET, HIGHEST_OPSET + 1)


def cases(operator: type[Op], dtype: DType) -> Iterator[Case]:
    """The operator's cases with values of a type, as far as it takes them."""
    if dtype.is_float:
        yield from cases_in(operator.cases(), dtype)
        return
    for case in operator.cases():
        inputs = tuple(replace(type_, dtype=dtype) for type_ in case.inputs)
        try:
            case.op.infer(inputs)
        except Rejection:
            continue
        yield replace(case, inputs=inputs)


def refused(
    program: Program, path: Path, opset: int, feeds: dict[str, NDArray[np.generic]]
) -> bool:
    """Whether the file isn't written; if so, it is one that ONNX Runtime doesn't run."""
    weights = random_weights(program)
    try:
        export(program, path, weights=weights, form=Form(opset=opset))
    except NetlangError as error:
        (found,) = error.diagnostics
        if found.code == "E0934":  # ONNX itself has no such operator
            return True
        assert found.code == "E0320"
        assert "--any-runtime" in str(found.help_text)
        export(program, path, weights=weights, form=Form(opset=opset, any_runtime=True))
        with pytest.raises(Exception, match=LACKING):
            loaded(path).run(None, feeds)
        return True
    return False


def loaded(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])


def values_of(case: Case, dtype: DType) -> dict[str, NDArray[np.generic]]:
    found = samples(case, 2)
    if dtype.is_float:
        found = [x.to(torch_type(dtype)) if x.is_floating_point() else x for x in found]
    return {f"x{index}": value.numpy() for index, value in enumerate(found)}


@pytest.mark.parametrize("dtype", DType)
@pytest.mark.parametrize("operator", OPERATORS, ids=lambda op: op.name)
def test_the_runtime_runs_what_is_written(operator: type[Op], dtype: DType, tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    for case in cases(operator, dtype):
        program = program_of(case.op, case.inputs, {})
        feeds = {} if dtype is DType.BFLOAT16 else values_of(case, dtype)  # numpy has no such type
        if not refused(program, path, OPSET, feeds):
            run(path, feeds) if feeds else loaded(path)


@pytest.mark.parametrize("opset", [opset for opset in OPSETS if opset != OPSET])
@pytest.mark.parametrize("operator", OPERATORS, ids=lambda op: op.name)
def test_at_every_opset(operator: type[Op], opset: int, tmp_path: Path) -> None:
    """Each operator's first case in each type of floats."""
    for dtype in (each for each in DType if each.is_float):
        case = next(cases(operator, dtype), None)
        if case is None:
            continue
        path = tmp_path / "a.onnx"
        feeds = {} if dtype is DType.BFLOAT16 else values_of(case, dtype)
        if not refused(program_of(case.op, case.inputs, {}), path, opset, feeds):
            run(path, feeds) if feeds else loaded(path)
