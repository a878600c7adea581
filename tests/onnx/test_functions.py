"""Blocks as functions of a file: valid, the same values, shared where they are equal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from netlang.backends.onnx import Form, export
from netlang.backends.onnx.backend import BACKEND
from netlang.backends.onnx.deployed.blocks import around
from netlang.backends.onnx.graph import Operation
from netlang.build import BuildOptions
from netlang.elaborate import load_program
from netlang.ir.program import Program
from netlang.targets.verifying import VerifyOptions
from tests.onnx.support import check_file, program_in, run
from tests.support import answered

NESTED = """
block unit(out) {
    conv(out, 3x3, pad=1, bias=false)
    batch_norm
    relu
}

block pair(out) {
    first: unit(out)
    second: unit(out)
    (first, second) -> add
}

net n {
    input x: [4, H=8, W=8]
    a: pair(4)
    b: pair(4)
    c: unit(2)
    upsample(2x2)
}
"""


def both(program: Program, folder: Path) -> tuple[onnx.ModelProto, Path, Path]:
    """The file with functions, and where it and the flat one are."""
    flat, path = folder / "flat.onnx", folder / "functions.onnx"
    export(program, flat)
    export(program, path, form=Form(functions=True))
    check_file(path)
    return onnx.load(path), path, flat


def test_blocks_in_blocks(tmp_path: Path) -> None:
    model, path, flat = both(program_in(tmp_path, NESTED), tmp_path)
    # With its norm folded into it, a unit is two steps; both sizes of it have the same.
    found = {each.name: [node.op_type for node in each.node] for each in model.functions}
    assert found == {"unit": ["Conv", "Relu"], "pair": ["unit", "unit", "Add"]}
    calls = [(node.op_type, node.name) for node in model.graph.node if node.domain]
    assert calls == [("pair", "a"), ("pair", "b"), ("unit", "c")]
    assert {each.domain: each.version for each in model.opset_import} == {"": 21, "netlang": 1}
    x = np.random.default_rng(0).standard_normal((2, 4, 6, 5), np.float32)
    for here, there in zip(run(path, {"x": x}), run(flat, {"x": x}), strict=True):
        assert np.array_equal(here, there)
    other = tmp_path / "again.onnx"
    export(program_in(tmp_path, NESTED), other, form=Form(functions=True))
    assert other.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("spec", ["mobilenet_v2", "swin_t", "yolo_v8n"])
def test_bundled_nets(spec: str, tmp_path: Path) -> None:
    model, path, flat = both(load_program(spec), tmp_path)
    assert len(model.graph.node) < len(onnx.load(flat).graph.node) / 3
    called = {node.op_type for each in (model.graph, *model.functions) for node in each.node}
    assert {each.name for each in model.functions} <= called
    path.unlink()
    flat.unlink()


def test_verify_reads_functions(tmp_path: Path) -> None:
    program = program_in(tmp_path, NESTED)
    _, path, _ = both(program, tmp_path)
    found = BACKEND.verify(program, VerifyOptions(BuildOptions(), path))
    assert (found.compared, found.steps) == (4, 18)


def test_not_in_integers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.onnx"
    done = answered(capsys, "compile", "cnn", "-o", path, "--functions", "--int4-weights")
    assert done.status == 2
    assert "--functions is for files in floats" in done.err


def test_a_group_that_something_stands_within_stays_as_it_is() -> None:
    """`b` reads `x`, which reads `a`: no call of both can stand anywhere."""

    def reads(name: str, *inputs: str) -> Operation:
        return Operation("Relu", name, inputs, (name,), {})

    a, x, b, y = reads("a", "i"), reads("x", "a"), reads("b", "x"), reads("y", "i")
    assert around([a, x, y, b], [a, b]) is None
    assert around([a, x, y, b], [x, b]) == ([a, y], [])
    assert around([a, x, y, b], [a, y]) == ([], [x, b])
