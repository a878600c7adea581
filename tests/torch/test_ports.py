"""Computed inputs and outputs as others see them: in PyTorch, in ONNX and in diagrams."""

from __future__ import annotations

import inspect
from pathlib import Path

import onnx
import pytest
import torch

import netlang
from netlang.backends.graphviz import to_dot
from netlang.backends.onnx import export
from netlang.elaborate import load_program

SPEC = """
block mix(n) {
    for i in range(n) { input x{i} }
    for i in range(n) {
        x{i} -> conv{i}: conv(4, 1x1)
        output y{i}: conv{i}
    }
}

net a(n=2) {
    for i in range(n) { input image{i}: [4, 8, 8] }
    m: mix(n)
    (m.y1, m.0) -> again: mix(len(m))
    for i in range(len(again)) { output p{i}: again.y{i} -> relu }
}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "ports.net"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_torch_has_an_argument_for_each_input(spec: Path) -> None:
    model = netlang.load(str(spec)).torch()
    assert list(inspect.signature(model.forward).parameters) == ["image0", "image1"]
    inner = model.get_submodule("m")
    assert list(inspect.signature(inner.forward).parameters) == ["x0", "x1"]
    one, two = torch.randn(3, 4, 8, 8), torch.randn(3, 4, 8, 8)
    found = model(one, two)
    assert found._fields == ("p0", "p1")
    part = {name: each for name, each in model.named_modules() if "conv" in name}
    first = torch.relu(part["again.conv0"](part["m.conv1"](two)))
    second = torch.relu(part["again.conv1"](part["m.conv0"](one)))
    torch.testing.assert_close(found.p0, first)
    torch.testing.assert_close(found.p1, second)


def test_onnx_has_their_names(spec: Path, tmp_path: Path) -> None:
    file = tmp_path / "ports.onnx"
    export(load_program(str(spec)), file)
    graph = onnx.load(file).graph
    assert [each.name for each in graph.input] == ["image0", "image1"]
    assert [each.name for each in graph.output] == ["p0", "p1"]


def test_diagrams_have_their_names(spec: Path) -> None:
    text = to_dot(load_program(str(spec)))
    assert all(name in text for name in ("image0", "image1", "p0", "p1"))
