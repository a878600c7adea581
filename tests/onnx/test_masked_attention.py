"""Masks of numbers: shares of a softmax that are next to 0 become 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from netlang.backends.onnx import export
from tests.onnx.support import program_in, run

NET = """net n {
    input x: [2, 4]
    mask: constant([[0, MASK], [0, 0]])
    (x, x, x, mask) -> attention(1)
}
"""


@pytest.mark.parametrize("low", [-80, -100, -1000])
def test_no_share_slows_a_processor_down(low: int, tmp_path: Path) -> None:
    path = tmp_path / "n.onnx"
    export(program_in(tmp_path, NET.replace("MASK", str(low))), path)
    model = onnx.load(path)
    (flushing,) = [each for each in model.graph.node if each.op_type == "ThresholdedRelu"]
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        for name in (flushing.input[0], flushing.output[0])
    )
    onnx.save(model, path)
    x = np.zeros((1, 2, 4), np.float32)
    before, after = (np.asarray(each, np.float32) for each in run(path, {"x": x})[1:])
    tiny = np.finfo(np.float32).tiny
    assert np.any((before > 0) & (before < tiny)) == (low == -100)
    assert np.array_equal(after, np.where(before > tiny, before, 0))
