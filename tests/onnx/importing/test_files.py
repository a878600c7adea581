"""Specs of ONNX files by netlang, by both of PyTorch's exporters, and of files made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import helper
from safetensors import safe_open
from torch import nn

import netlang
from netlang.diagnostics.errors import NetlangError
from tests.cli.support import Runner
from tests.importing.modules import Unit, units
from tests.onnx.importing.support import (
    TINY,
    exported,
    imported,
    lines_of,
    model_of,
    saved,
)

RNG = np.random.default_rng(0)


def _floats(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("fold", [False, True])
def test_files_of_netlang(tmp_path: Path, fold: bool) -> None:
    net = netlang.loads(TINY)
    path = tmp_path / "tiny.onnx"
    net.onnx(path, fold=fold, spec=False)
    made = imported(path)
    lines = lines_of(made)
    assert "layer1: { repeat 2 { unit } } -> gap -> flatten" in lines
    assert "maxpool(3x3, stride=2, ceil=true)" in lines
    keys = {key for key in net.torch().state_dict() if not key.endswith("num_batches_tracked")}
    if not fold:
        assert set(made.weights) == keys
    assert {"conv1.weight", "conv1.bias", "layer1.1.conv2.weight", "fc.bias"} <= set(made.weights)


def test_the_older_exporter_of_pytorch(tmp_path: Path) -> None:
    """Its names of weights are numbers where it folds norms: the paths of nodes say more."""
    made = imported(exported(units(), (3, 16, 16), tmp_path / "units.onnx", newer=False))
    assert set(made.weights) >= {"0.weight", "0.bias", "1.4.conv1.weight", "1.4.down.bias"}
    assert "2.3.weight" in made.weights
    assert any(line.startswith("block ") for line in lines_of(made))


def test_the_newer_exporter_of_pytorch(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript", reason="torch's exporter needs it: it is in dev")
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Sequential(Unit(4, 4), Unit(4, 8, 2)))
    made = imported(exported(module, (3, 16, 16), tmp_path / "units.onnx", newer=True))
    own = netlang.from_torch(module, torch.zeros(1, 3, 16, 16), name="units")
    keys = {key for key in module.state_dict() if not key.endswith("num_batches_tracked")}
    assert set(made.weights) == keys
    assert own.text is not None
    assert len(made.text) < 1.2 * len(own.text)


def test_a_transformer(tmp_path: Path) -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
    module = nn.Sequential(nn.Linear(4, 8), layer)
    made = imported(exported(module, (6, 4), tmp_path / "layer.onnx", newer=False))
    assert {"0.weight", "1.linear1.weight", "1.norm2.bias"} <= set(made.weights)
    assert any("layer_norm" in line for line in lines_of(made))


def test_norms_of_groups_that_are_taken_apart(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.GroupNorm(2, 4))
    made = imported(exported(module, (3, 8, 8), tmp_path / "norm.onnx", newer=False))
    assert {key: list(each.shape) for key, each in made.weights.items()} == {
        key: list(each.shape) for key, each in module.state_dict().items()
    }
    assert "group_norm(2)" in made.text


def test_names_of_tensorflow(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "net/stem/conv/Conv2D/ReadVariableOp:0"], ["a"],
                         name="net/stem/conv/Conv2D", auto_pad="SAME_UPPER", strides=[2, 2]),
        helper.make_node("Relu", ["a"], ["b"], name="net/stem/relu/Relu"),
        helper.make_node("Conv", ["b", "net/last/conv/Conv2D/ReadVariableOp:0"], ["y"],
                         name="net/last/conv/Conv2D"),
    ]  # fmt: skip
    stored = {
        "net/stem/conv/Conv2D/ReadVariableOp:0": _floats(4, 3, 3, 3),
        "net/last/conv/Conv2D/ReadVariableOp:0": _floats(2, 4, 1, 1),
    }
    made = imported(saved(model_of(nodes, stored), tmp_path))
    assert list(made.weights) == ["stem.conv.weight", "last.conv.weight"]


def test_names_of_nobody(tmp_path: Path) -> None:
    """Anonymous weights are numbered by operator; a bias in a node of its own is a layer's."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("GlobalAveragePool", ["a"], ["b"]),
        helper.make_node("Flatten", ["b"], ["c"]),
        helper.make_node("MatMul", ["c", "12"], ["d"]),
        helper.make_node("Add", ["d", "13"], ["y"]),
    ]
    stored = {"w": _floats(4, 3, 1, 1), "12": _floats(4, 2), "13": _floats(2)}
    made = imported(saved(model_of(nodes, stored), tmp_path))
    assert list(made.weights) == ["conv1.weight", "fc1.weight", "fc1.bias"]
    assert made.weights["fc1.weight"].shape == (2, 4)
    assert lines_of(made)[-3:-1] == [
        "conv1: conv(4, 1x1, bias=false) -> gap -> flatten",
        "fc1: linear(2)",
    ]


def test_norms_and_gelus_that_are_taken_apart(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[-1]),
        helper.make_node("Sub", ["x", "mean"], ["centred"]),
        helper.make_node("Pow", ["centred", "two"], ["square"]),
        helper.make_node("ReduceMean", ["square"], ["var"], axes=[-1]),
        helper.make_node("Add", ["var", "eps"], ["more"]),
        helper.make_node("Sqrt", ["more"], ["root"]),
        helper.make_node("Div", ["centred", "root"], ["normed"]),
        helper.make_node("Mul", ["normed", "norm.weight"], ["scaled"]),
        helper.make_node("Add", ["scaled", "norm.bias"], ["h"]),
        helper.make_node("Div", ["h", "sqrt2"], ["i"]),
        helper.make_node("Erf", ["i"], ["j"]),
        helper.make_node("Add", ["j", "one"], ["k"]),
        helper.make_node("Mul", ["h", "k"], ["l"]),
        helper.make_node("Mul", ["l", "half"], ["y"]),
    ]
    numbers = {"two": 2.0, "eps": 1e-5, "sqrt2": 2**0.5, "one": 1.0, "half": 0.5}
    stored = {f"_{name}": np.float32(value) for name, value in numbers.items()}
    for node in nodes:
        node.input[:] = [f"_{name}" if name in numbers else name for name in node.input]
    tensors = {name: np.asarray(value) for name, value in stored.items()}
    tensors |= {"norm.weight": _floats(6), "norm.bias": _floats(6)}
    made = imported(saved(model_of(nodes, tensors, ("N", 5, 6), 13), tmp_path))
    assert "norm: layer_norm -> gelu" in lines_of(made)


def test_the_command(run: Runner) -> None:
    nodes = [helper.make_node("Conv", ["x", "conv.weight"], ["y"])]
    saved(model_of(nodes, {"conv.weight": _floats(4, 3, 1, 1)}, ("N", 3, "H", "W")), run.folder)
    assert "is for any size" in run.refused("import", "net.onnx", "-o", "b.net")
    asked = ("import", "net.onnx", "--input", "[3, 16, 16]", "-o", "b.net")
    done = run(*asked, "--weights-out", "b.safetensors")
    assert done.status == 0, done.err
    assert "1 key" in done.out
    assert not done.err
    assert run("fmt", "--check", "b.net").status == 0
    with safe_open(run.folder / "b.safetensors", "pt") as file:
        assert set(file.keys()) == {"conv.weight"}


@pytest.mark.parametrize("fold", [False, True])
def test_the_spec_inside_of_a_file(run: Runner, fold: bool) -> None:
    """It is taken as it is, and compared where the file has all of its weights."""
    netlang.loads(TINY).onnx(run.folder / "tiny.onnx", fold=fold)
    done = run("import", "tiny.onnx", "-o", "a.net")
    assert done.status == 0, done.err
    text = (run.folder / "a.net").read_text()
    assert text.startswith("net tiny {")
    assert ("not compared" in done.err) == fold
    weighed = run("import", "tiny.onnx", "-o", "a.net", "--weights-out", "a.safetensors")
    assert (weighed.status, "E0987" in weighed.err) == (int(fold), fold)
    drawn = run("import", "tiny.onnx", "--graph", "-o", "b.net")
    assert drawn.status == 0, drawn.err
    assert "Imported from tiny.onnx" in (run.folder / "b.net").read_text()


def test_what_is_different_between_two_files_of_others(run: Runner) -> None:
    for name, width in (("a", 4), ("b", 6)):
        stored = {"conv.weight": _floats(width, 3, 1, 1)}
        model = model_of([helper.make_node("Conv", ["x", "conv.weight"], ["y"])], stored)
        saved(model, run.folder, f"{name}.onnx")
    told = run("diff", "a.onnx", "b.onnx")
    assert told.status == 0, told.err
    assert "conv: out 4 -> 6" in told.out


def test_a_file_for_one_example(tmp_path: Path) -> None:
    """Without a batch, the first axis is one as others are."""
    nodes = [
        helper.make_node("Transpose", ["x"], ["a"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "a"], ["b"]),
        helper.make_node("ReduceSum", ["b"], ["c"], keepdims=0),
        helper.make_node("Greater", ["b", "c"], ["d"]),
        helper.make_node("Where", ["d", "b", "c"], ["y"]),
    ]
    path = saved(model_of(nodes, shape=(3, 4)), tmp_path)
    with pytest.raises(NetlangError, match="batch"):
        imported(path)
    made = imported(path, batch=False)
    assert "input x: [3, L=4]" in lines_of(made)
    assert "-> greater" in made.text


def test_attention_in_one_node(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Attention", ["x", "x", "x"], ["a"], q_num_heads=2, kv_num_heads=2),
        helper.make_node("ThresholdedRelu", ["a"], ["y"], alpha=0.5),
    ]
    made = imported(saved(model_of(nodes, shape=("N", 5, 6), opset=23), tmp_path))
    assert "attention" in made.text
    assert "where" in made.text


def test_names_with_hyphens_and_lists(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "block-1.0.weight"], ["a"]),
        helper.make_node("SplitToSequence", ["a", "two"], ["b"], axis=1),
        helper.make_node("SequenceAt", ["b", "one"], ["c"]),
        helper.make_node("SequenceAt", ["b", "zero"], ["d"]),
        helper.make_node("Mul", ["c", "d"], ["y"]),
    ]
    numbers = {"two": 2, "one": 1, "zero": 0}
    stored: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]] = {
        name: np.asarray(number) for name, number in numbers.items()
    }
    stored["block-1.0.weight"] = _floats(4, 3, 1, 1)
    made = imported(saved(model_of(nodes, stored), tmp_path))
    assert list(made.weights) == ["block-1.0.weight"]
    assert "split(2)" in made.text


def test_what_cannot_be_said(tmp_path: Path) -> None:
    """All of it is in one table, also what stands behind something else."""
    nodes = [
        helper.make_node("NonZero", ["x"], ["a"], name="n"),
        helper.make_node("Unheard", ["a"], ["b"], domain="com.example"),
        helper.make_node("QuantizeLinear", ["b", "b"], ["c"]),
        helper.make_node("Det", ["x"], ["d"]),
        helper.make_node("Add", ["c", "d"], ["y"]),
    ]
    with pytest.raises(NetlangError) as caught:
        imported(saved(model_of(nodes), tmp_path))
    text = str(caught.value)
    assert "E0982" in text
    assert "4 of 5 steps" in text
    for word in ("NonZero", "com.example.Unheard", "QuantizeLinear", "Det"):
        assert word in text
