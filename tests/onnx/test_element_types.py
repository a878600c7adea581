"""Nets in float64, float16 and bfloat16: valid files, and the values are torch's."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from netlang.backends.onnx import HIGHEST_OPSET, OPSET, Form, export
from netlang.backends.onnx.lowering import UNSUPPORTED
from netlang.backends.weights import join
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.op import Case
from netlang.ir.types import DType
from netlang.ops import all_operators
from tests.campaigns.exemptions import unjudged
from tests.campaigns.walk import alone
from tests.element_types import cases_in, torch_type
from tests.onnx.support import (
    Arrays,
    check_file,
    program_of,
    random_weights,
    run,
    run_reference,
)
from tests.ops.torch_modules import build, samples

# Roundings of one element that the values may be apart, of the largest element of an output.
ROUNDINGS = 30
# Attributes (the eps of a normalisation, the slope of a leaky ReLU) are float32 in every file.
ATTRIBUTES = float(np.finfo(np.float32).eps)


def cases(floats: DType) -> list[object]:
    return [
        pytest.param(case, id=f"{op.name}-{index}")
        for op in all_operators()
        if op not in UNSUPPORTED
        for index, case in enumerate(cases_in(op.cases(), floats))
    ]


def written(case: Case, path: Path, opset: int = OPSET) -> Arrays:
    """Write the case as a file; returns its weights."""
    program = program_of(case.op, case.inputs, {})
    weights = random_weights(program)
    export(program, path, weights=weights, form=Form(opset=opset, any_runtime=True))
    check_file(path)
    return weights


def expected(case: Case, weights: Arrays, values: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What torch computes with float64, whatever the type of the values."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            module = build(case.op, case.inputs).eval()
            for name, value in module.state_dict().items():
                value.copy_(torch.from_numpy(weights[join("step", name)]))
            result = module(*(x.double() if x.is_floating_point() else x for x in values))
    finally:
        torch.set_default_dtype(before)
    return list(result) if isinstance(result, tuple | list) else [result]


def agree(found: Sequence[NDArray[np.generic]], wanted: list[torch.Tensor], floats: DType) -> None:
    near = max(ROUNDINGS * torch.finfo(torch_type(floats)).eps, ATTRIBUTES)
    for one, other in zip(found, wanted, strict=True):
        if other.is_floating_point():
            assert one.dtype.name == floats.value
            scale = float(other.abs().max()) if other.numel() else 0.0
            np.testing.assert_allclose(one.astype(np.float64), other, rtol=near, atol=near * scale)
        else:
            assert np.array_equal(one, other.numpy())


@pytest.mark.parametrize("case", cases(DType.FLOAT16))
def test_runtime_computes_in_half_precision(case: Case, tmp_path: Path) -> None:
    weights = written(case, tmp_path / "net.onnx")
    weights = {
        key: value.astype(np.float16).astype(value.dtype) if value.dtype.kind == "f" else value
        for key, value in weights.items()
    }
    # `torch.manual_seed` notes the stack besides, for other devices.
    torch.default_generator.manual_seed(0)
    values = [x.half() if x.is_floating_point() else x for x in samples(case, 2)]
    feeds = {f"x{index}": value.numpy() for index, value in enumerate(values)}
    agree(run(tmp_path / "net.onnx", feeds), expected(case, weights, values), DType.FLOAT16)


@pytest.mark.parametrize("case", cases(DType.FLOAT64))
def test_reference_computes_in_double_precision(case: Case, tmp_path: Path) -> None:
    weights = written(case, tmp_path / "net.onnx")
    if unjudged(alone(case.op, case.inputs)):
        return
    torch.default_generator.manual_seed(0)
    values = [x.double() if x.is_floating_point() else x for x in samples(case, 2)]
    feeds = {f"x{index}": value.numpy() for index, value in enumerate(values)}
    found = run_reference(check_file(tmp_path / "net.onnx"), feeds)
    agree(found, expected(case, weights, values), DType.FLOAT64)


@pytest.mark.parametrize("case", cases(DType.BFLOAT16))
def test_bfloat16_is_valid_in_the_highest_opset(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path / "net.onnx", HIGHEST_OPSET)


def test_what_an_opset_lacks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text("net a { input x: bfloat16[3, 8, 8]; conv(4, 3x3) }\n", encoding="utf-8")
    with pytest.raises(NetlangError) as error:
        export(load_program(str(path)), tmp_path / "a.onnx", form=Form(opset=21))
    (found,) = error.value.diagnostics
    assert found.code == "E0934"
    assert "`Conv` takes no bfloat16 at opset 21" in found.message
    assert "opset 22" in str(found.help_text)
    assert not (tmp_path / "a.onnx").exists()
    export(load_program(str(path)), tmp_path / "a.onnx", form=Form(opset=22, any_runtime=True))
    check_file(tmp_path / "a.onnx")
