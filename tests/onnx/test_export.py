"""What stands in a file beside the values: names, types, metadata."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from netlang.backends.onnx import HIGHEST_OPSET, LOWEST_OPSET, Form, export, runtime
from netlang.backends.weights import slots
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.onnx.interpreter import loaded
from tests.onnx.support import check_file, largest_difference, program_in, random_weights, run

TAPS = """
net taps {
    input x: [4]
    output raw: x -> identity
    output again: x -> dropout(0.5)
    h: linear(3)
    output one: h -> identity
    output two: h -> dropout(0.5)
    output three: h -> relu
}
"""
REUSED = """
block head() { conv(4, 3x3, pad=1) -> bn -> relu }

net shared {
    input x: [4, H=8, W=8]
    stem: head
    half: maxpool(2x2)
    output small: half -> reuse stem
    output large: stem -> reuse stem
}
"""
LEARNED = """
net learned {
    input x: [4, H=3, W=3]
    scale: parameter([4, 1, 1], init=0.5)
    (x, scale) -> mul
    output y: relu
    output factor: scale -> identity
    output shift: parameter([5])
}
"""
SYMBOLIC = """
net symbolic {
    input x: [4, H=11, W=9]
    conv(6, 3x3, stride=2, pad=1)
    output mean: adaptive_avgpool(3x4)
    output largest: adaptive_maxpool(4x3)
    output rows: flatten(start=1)
}
"""


def agree_with_torch(program: Program, path: Path, sizes: tuple[tuple[int, ...], ...]) -> None:
    weights = random_weights(program)
    export(program, path, weights=weights)
    check_file(path)
    model = loaded(program, weights)
    for shape in sizes:
        x = torch.randn(shape)
        with torch.no_grad():
            wanted = model(x)
        found = run(path, {"x": x.numpy()})
        for output, (name, expected) in zip(found, wanted.items(), strict=True):
            assert largest_difference(output, expected.detach().numpy()) <= 1e-5, name


def test_names_are_the_specs(tmp_path: Path) -> None:
    program = load_program("googlenet")
    path = tmp_path / "net.onnx"
    export(program, path, form=Form(fold=False))
    graph = onnx.load(path).graph
    owned = [slot.key for slot in slots(program) if slot.required]
    assert [t.name for t in graph.initializer if "/" not in t.name] == owned
    names = [node.name for node in graph.node]
    assert names[:4] == ["conv1.conv", "conv1.bn", "conv1.2", "1"]
    assert "inception3a.branch2.1.conv" in names
    assert [value.name for value in graph.input] == ["image"]
    assert [value.name for value in graph.output] == ["logits"]
    assert [node.output[0] for node in graph.node[:3]] == names[:3]
    assert not any("aux" in name for name in (*names, *owned))


def test_sizes_are_named_by_their_formulas(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    export(load_program("unet(width=4)"), path)
    model = onnx.load(path)
    shapes = {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output, *model.graph.value_info)
    }
    assert shapes["image"] == ["N", 1, "H", "W"]
    assert shapes["mask"] == ["N", 2, "H", "W"]
    assert shapes["down3.0"] == ["N", 8, "H//4", "W//4"]
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert told["netlang.net"] == "unet"
    assert told["netlang.sizes"] == "H = 256\nW = 256"
    assert told["netlang.constraints"] == "H % 16 == 0\nW % 16 == 0"


def test_outputs_that_are_inputs_or_one_value_twice(tmp_path: Path) -> None:
    agree_with_torch(program_in(tmp_path, TAPS), tmp_path / "net.onnx", ((1, 4), (3, 4)))


def test_a_weight_used_twice_is_stored_once(tmp_path: Path) -> None:
    program, path = program_in(tmp_path, REUSED), tmp_path / "net.onnx"
    agree_with_torch(program, path, ((2, 4, 8, 8), (1, 4, 6, 10)))
    names = [tensor.name for tensor in onnx.load(path).graph.initializer if "/" not in tensor.name]
    assert names == [slot.key for slot in slots(program) if slot.required]


def test_learned_tensors_as_values_and_outputs(tmp_path: Path) -> None:
    program, path = program_in(tmp_path, LEARNED), tmp_path / "net.onnx"
    agree_with_torch(program, path, ((2, 4, 3, 3), (1, 4, 2, 5)))
    names = [tensor.name for tensor in onnx.load(path).graph.initializer]
    assert names == ["scale", "shift"]


def test_symbolic_sizes_are_computed_in_the_graph(tmp_path: Path) -> None:
    sizes = ((2, 4, 11, 9), (1, 4, 12, 14), (1, 4, 1, 2), (3, 4, 30, 7))
    agree_with_torch(program_in(tmp_path, SYMBOLIC), tmp_path / "net.onnx", sizes)


def test_a_reshape_to_several_symbolic_sizes(tmp_path: Path) -> None:
    text = "net halves {\n input x: [4, H=6, W=5]\n reshape([2, 2 * x.height, x.width])\n}\n"
    program, path = program_in(tmp_path, text), tmp_path / "net.onnx"
    export(program, path)
    check_file(path)
    for height, width in ((6, 5), (3, 8)):
        x = np.random.default_rng(0).standard_normal((3, 4, height, width), np.float32)
        (found,) = run(path, {"x": x})
        assert np.array_equal(found, x.reshape(3, 2, 2 * height, width))


@pytest.mark.parametrize("opset", [LOWEST_OPSET - 1, HIGHEST_OPSET + 1])
def test_an_opset_out_of_range(opset: int, tmp_path: Path) -> None:
    with pytest.raises(NetlangError) as error:
        export(load_program("cnn"), tmp_path / "net.onnx", form=Form(opset=opset))
    assert [d.code for d in error.value.diagnostics] == ["E0932"]
    assert f"from {LOWEST_OPSET} to {HIGHEST_OPSET}" in str(error.value)


def test_both_runtimes_installed_are_diagnosed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runtime().__name__ == "onnxruntime"
    monkeypatch.setattr(metadata, "distribution", lambda name: name)
    with pytest.raises(NetlangError) as error:
        runtime()
    assert [d.code for d in error.value.diagnostics] == ["E0013"]


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    code = (
        "import sys, netlang.backends.onnx.backend, netlang.backends.weights\n"
        "print([m for m in ('onnx', 'onnxruntime', 'torch', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("input output: [2]; relu", "output"),
        ("input x: [2]; output x: relu: relu", "x"),
        ("input x: [2]; output: parameter([2]); (x, output) -> mul", "output"),
    ],
)
def test_two_values_of_one_name_are_refused(body: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.net"
    path.write_text(f"net a {{ {body} }}\n", encoding="utf-8")
    with pytest.raises(NetlangError) as error:
        export(load_program(str(path)), tmp_path / "a.onnx")
    (found,) = error.value.diagnostics
    assert found.code == "E0933"
    assert f"`{name}`" in found.message


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (f"input x: [3, {2**63}]; relu", 2**63),
        (f"input x: [{2**32}, {2**32}]; relu -> flatten", 2**64),
        (f"input x: [3, H=8, W=8]; conv(4, 1x1, pad={10**20})", 10**20),
        (f"input x: [3, 8, 8]; slice(0, 5, step={10**20}, axis=1)", 10**20),
    ],
)
def test_numbers_that_no_file_can_hold_are_refused(body: str, number: int, tmp_path: Path) -> None:
    path = tmp_path / "spec.net"
    path.write_text(f"net a {{ {body} }}\n", encoding="utf-8")
    with pytest.raises(NetlangError) as error:
        export(load_program(str(path)), tmp_path / "a.onnx")
    (found,) = error.value.diagnostics
    assert found.code == "E0990"
    assert f"{number:,}" in found.message
    assert not (tmp_path / "a.onnx").exists()


def test_the_largest_number_of_a_file_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "spec.net"
    path.write_text(f"net a {{ input x: [1, {2**63 - 1}]; relu }}\n", encoding="utf-8")
    export(load_program(str(path)), tmp_path / "a.onnx")
    onnx.checker.check_model(tmp_path / "a.onnx")
