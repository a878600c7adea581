"""Weights of linear maps in 4 bits: MatMulNBits gives what the stored numbers stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from netlang import ExampleInputs, LowPrecision, load
from netlang.build import Kind
from tests.cli.support import Runner
from tests.onnx.support import random_weights
from tests.onnx.support import run as outputs_of

NET = """\
net words {
    input x: [5, 70]
    a: linear(48) -> relu -> b: linear(33, bias=false) -> flatten -> c: linear(64) -> d: linear(7)
}
"""
Stored = dict[str, NDArray[np.generic]]


def written(folder: Path, low: LowPrecision) -> tuple[onnx.ModelProto, list[str], Stored]:
    """The file `a.onnx` of the net, its notes, and the weights that it was made of."""
    (folder / "words.net").write_text(NET, encoding="utf-8")
    net, said = load(folder / "words.net"), list[str]()
    weights = random_weights(net.program)
    net.onnx(folder / "a.onnx", weights, precision=low, say=said.append)
    return onnx.load(folder / "a.onnx"), said, weights


def unpacked(numbers: NDArray[np.generic], scales: NDArray[np.generic]) -> NDArray[np.float64]:
    """[out, in] of bytes [out, blocks, 16], by the definition of MatMulNBits."""
    whole = numbers.astype(np.int64)
    pairs = np.stack([whole & 15, whole >> 4], 3).reshape(*whole.shape[:2], -1)
    blocks = (pairs - 8) * scales.astype(np.float64)[:, :, None]
    return np.asarray(blocks.reshape(len(whole), -1))


@pytest.mark.parametrize("kind", [None, "float16"])
def test_values_are_those_of_the_stored_numbers(kind: Kind | None, tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((4, 5, 70), np.float32)
    low = LowPrecision(kind, int4_weights=True, examples=ExampleInputs({"x": x}))
    model, said, weights = written(tmp_path, low)
    stored = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    assert sum(node.op_type == "MatMulNBits" for node in model.graph.node) == 4
    near = dict(weights)
    for step, node in {"a": "a/product", "b": "b", "c": "c", "d": "d"}.items():
        exact = weights[f"{step}.weight"].astype(np.float64)
        found = unpacked(stored[f"{node}/4 bits"], stored[f"{node}/scales"])[:, : exact.shape[1]]
        assert np.abs(found - exact).max() <= np.abs(exact).max() / 8 + 1e-3
        near[f"{step}.weight"] = found.astype(np.float32)
    net = load(tmp_path / "words.net")
    net.onnx(tmp_path / "near.onnx", near)
    here, there = (
        outputs_of(tmp_path / name, {"x": x})[0].astype(np.float64)
        for name in ("a.onnx", "near.onnx")
    )
    assert np.abs(here - there).max() < (1e-2 if kind else 1e-4) * np.abs(there).max()
    assert any(line.startswith("in 4 bits: the weights of 4 linear maps") for line in said)
    facts = {each.key: each.value for each in model.metadata_props}
    assert facts["netlang.weights_in_4_bits"] == "a/product, b, c, d"


def test_what_is_kept_and_what_is_small_stays(run: Runner) -> None:
    Path("words.net").write_text(NET.replace("[5, 70]", "[5, 20]"), encoding="utf-8")
    found = run("compile", "words.net", "-o", "a.onnx", "--int4-weights", "--keep", "d")
    assert found.status == 0, found.err
    model = onnx.load("a.onnx")
    changed = [node.name for node in model.graph.node if node.op_type == "MatMulNBits"]
    assert changed == ["b", "c/product"]
    size = Path("a.onnx").stat().st_size
    run("compile", "words.net", "-o", "b.onnx")
    assert size < 0.5 * Path("b.onnx").stat().st_size


def test_it_goes_with_other_floats_or_alone(run: Runner) -> None:
    found = run("compile", "good.net", "-o", "a.onnx", "--int4-weights", "--int8")
    assert found.status == 2
    assert "--int4-weights goes with --fp16 or alone" in found.err
