"""ONNX files with functions of their own, and with numbers of float16."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

import netlang
from netlang import LowPrecision
from netlang.diagnostics.errors import NetlangError
from tests.onnx.importing.support import TINY, imported, model_of, saved


def test_functions_are_put_where_they_are_called(tmp_path: Path) -> None:
    net = netlang.loads(TINY)
    path = tmp_path / "tiny.onnx"
    net.onnx(path, functions=True, fold=False, spec=False)
    assert onnx.load(path).functions
    weights = imported(path).weights
    assert set(weights) == {key for key in net.torch().state_dict() if "num_batches" not in key}


def _with_functions(bodies: Sequence[Sequence[NodeProto]]) -> onnx.ModelProto:
    """A model that calls the first of the functions `f0`, `f1` and so on."""
    model = model_of([helper.make_node("f0", ["x"], ["y"], domain="own")])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    model.opset_import.append(opsets[1])
    model.functions.extend(
        helper.make_function("own", f"f{n}", ["x"], ["y"], body, opsets)
        for n, body in enumerate(bodies)
    )
    return model


def _twice(called: str) -> list[NodeProto]:
    return [
        helper.make_node(called, ["x"], ["z"], domain="own"),
        helper.make_node(called, ["z"], ["y"], domain="own"),
    ]


def _either(called: str) -> list[NodeProto]:
    """A function is called in both branches of an `If`."""
    calls = [helper.make_node(called, ["x"], [f"z{n}"], domain="own") for n in (0, 1)]
    ends = [helper.make_tensor_value_info(f"z{n}", TensorProto.FLOAT, None) for n in (0, 1)]
    one, other = (helper.make_graph([calls[n]], "branch", [], [ends[n]]) for n in (0, 1))
    return [helper.make_node("If", ["x"], ["y"], then_branch=one, else_branch=other)]


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        ([_twice("f1"), _twice("f0")], "in a circle"),
        ([_twice(f"f{n + 1}") for n in range(60)] + [_twice("f60")], "in a circle"),
        (
            [*(_twice(f"f{n + 1}") for n in range(60)), [helper.make_node("Relu", ["x"], ["y"])]],
            "more than 20,000 nodes",
        ),
        ([_either("f0")], "in a circle"),
        (
            [*(_either(f"f{n + 1}") for n in range(20)), [helper.make_node("Relu", ["x"], ["y"])]],
            "more than 20,000 nodes",
        ),
    ],
)
def test_functions_of_hostile_authors(
    tmp_path: Path, bodies: Sequence[Sequence[NodeProto]], said: str
) -> None:
    with pytest.raises(NetlangError, match=said) as caught:
        imported(saved(_with_functions(bodies), tmp_path))
    assert caught.value.diagnostics[0].code == "E0987"


def test_float16_is_imported_as_float32(tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    netlang.loads(TINY).onnx(path, precision=LowPrecision("float16"), fold=False, spec=False)
    kinds = {each.data_type for each in onnx.load(path).graph.initializer}
    assert TensorProto.FLOAT16 in kinds
    net = imported(path)
    assert {each.dtype.itemsize for each in net.weights.values()} == {4}
    assert "comparison are in float32" in net.notes[0]
    assert "conv1: conv(8, 3x3, stride=2, pad=1)" in net.text


@pytest.mark.parametrize("raw", [True, False])
def test_bfloat16_is_imported_as_float32(tmp_path: Path, raw: bool) -> None:
    numbers = [1.0, -2.5, 0.0078125]
    bits = [int(each.view(np.uint32)) >> 16 for each in np.asarray(numbers, np.float32)]
    weight = TensorProto(name="factors", data_type=TensorProto.BFLOAT16, dims=[3, 1, 1])
    if raw:
        weight.raw_data = np.asarray(bits, "<u2").tobytes()
    else:
        weight.int32_data.extend(bits)
    nodes = [
        helper.make_node("Cast", ["factors"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["x", "wide"], ["y"]),
    ]
    model = model_of(nodes)
    model.graph.initializer.append(weight)
    net = imported(saved(model, tmp_path))
    assert net.weights["factors"].reshape(-1).tolist() == numbers
    assert "bfloat16" in net.notes[0]


def test_a_spec_beside_float16_is_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    netlang.loads(TINY).onnx(path, precision=LowPrecision("float16"), fold=False)
    assert imported(path).notes[0].startswith("not compared")


def test_an_input_of_float16(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Mul", ["x", "factors"], ["z"]),
        helper.make_node("Cast", ["z"], ["y"], to=TensorProto.FLOAT),
    ]
    model = model_of(nodes, kind=TensorProto.FLOAT16)
    factors = np.arange(8, dtype=np.float16) + 1
    model.graph.initializer.append(numpy_helper.from_array(factors, "factors"))
    net = imported(saved(model, tmp_path))
    assert "input x: [3, 8, 8]" in net.text
    assert net.weights["factors"].tolist() == list(range(1, 9))
