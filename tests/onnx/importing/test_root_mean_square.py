"""Norms by the root of the mean square that a file has in parts, and what only looks like one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import NodeProto, helper

import netlang
from netlang.backends.onnx.importing import import_file
from netlang.targets.importing import ImportOptions
from tests.onnx.importing.subjects import from_bundled
from tests.onnx.importing.support import Array, imported, lines_of, model_of, saved

RNG = np.random.default_rng(0)
SQUARES = {
    "a power": helper.make_node("Pow", ["x", "_two"], ["square"]),
    "a product": helper.make_node("Mul", ["x", "x"], ["square"]),
}
QUOTIENTS = {
    "divided": [helper.make_node("Div", ["x", "root"], ["even"])],
    "by the inverse": [
        helper.make_node("Reciprocal", ["root"], ["inverse"]),
        helper.make_node("Mul", ["inverse", "x"], ["even"]),
    ],
    "by one divided": [
        helper.make_node("Div", ["_one", "root"], ["inverse"]),
        helper.make_node("Mul", ["x", "inverse"], ["even"]),
    ],
}
PRODUCTS = {
    "times the weight": [helper.make_node("Mul", ["even", "norm.weight"], ["y"])],
    "the weight times": [helper.make_node("Mul", ["norm.weight", "even"], ["y"])],
    "a weight with more axes": [
        helper.make_node("Reshape", ["norm.weight", "_shape"], ["weight"]),
        helper.make_node("Mul", ["even", "weight"], ["y"]),
    ],
}
STORED: dict[str, Array] = {
    "_two": np.array(2, np.float32), "_one": np.array(1, np.float32),
    "_eps": np.array(1e-6, np.float32),
    "_shape": np.array([1, 6]), "norm.weight": RNG.normal(size=6).astype(np.float32),
}  # fmt: skip


def _lines(nodes: list[NodeProto], folder: Path, axis: int = -1) -> list[str]:
    square, *rest = nodes
    root = [
        helper.make_node("ReduceMean", ["square"], ["mean"], axes=[axis]),
        helper.make_node("Add", ["mean", "_eps"], ["more"]),
        helper.make_node("Sqrt", ["more"], ["root"]),
    ]
    read = {name for node in (square, *root, *rest) for name in node.input}
    stored = {name: value for name, value in STORED.items() if name in read}
    model = model_of([square, *root, *rest], stored, ("N", 6, 6), 13)
    return lines_of(imported(saved(model, folder)))


@pytest.mark.parametrize("square", SQUARES)
@pytest.mark.parametrize("quotient", QUOTIENTS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_a_norm_in_parts(square: str, quotient: str, product: str, tmp_path: Path) -> None:
    nodes = [SQUARES[square], *QUOTIENTS[quotient], *PRODUCTS[product]]
    assert _lines(nodes, tmp_path)[-2] == "norm: rms_norm"


def test_a_mean_along_another_axis_is_no_norm_of_the_last(tmp_path: Path) -> None:
    nodes = [SQUARES["a power"], *QUOTIENTS["divided"], *PRODUCTS["times the weight"]]
    assert not any("rms_norm" in line for line in _lines(nodes, tmp_path, axis=1))


def test_the_root_of_another_value_is_no_norm(tmp_path: Path) -> None:
    other = helper.make_node("Pow", ["x", "_two"], ["square"])
    even = [
        helper.make_node("Sigmoid", ["x"], ["z"]),
        helper.make_node("Div", ["z", "root"], ["even"]),
    ]
    lines = _lines([other, *even, *PRODUCTS["times the weight"]], tmp_path)
    assert not any("rms_norm" in line for line in lines)


def test_a_norm_of_netlang_comes_back(tmp_path: Path) -> None:
    net = netlang.loads("net short {\n    input x: [5, 8]\n\n    norm: rms_norm(eps=1e-5)\n}\n")
    path = tmp_path / "net.onnx"
    net.onnx(path)
    made = import_file(ImportOptions(str(path), spec=False))
    assert "norm: rms_norm(eps=1e-05)" in lines_of(made)


def test_the_angles_of_a_transformer_are_computed_as_the_file_does(tmp_path: Path) -> None:
    """A table of 512 cosines is more than a reader can check."""
    path = tmp_path / "net.onnx"
    source = from_bundled("llama(32, 1, 2, 64, words=10)", "netlang", path, 64)
    made = imported(path, *source.inputs)
    assert set(made.weights) == {key for keys in source.keys for key in keys}
    assert "-> q3: cos" in made.text
    assert "input_layernorm: rms_norm" in lines_of(made)
    assert made.text.count("\n") < 150
