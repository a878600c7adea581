"""Transposes of deployed files: which are left, and that values are those of the spec."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch

from netlang.backends.onnx import Form, export
from tests.onnx.interpreter import loaded
from tests.onnx.support import check_file, largest_difference, program_in, random_weights, run

# The body, the Transpose nodes that are left, and the tensors that are stored transposed.
BODIES: dict[str, tuple[str, list[str], list[str]]] = {
    "that cancel": ("transpose([1, 2, 0]) -> transpose([2, 0, 1]) -> relu", [], []),
    "that make one": (
        "transpose([1, 2, 0]) -> b: transpose([1, 2, 0]) -> relu", ["b"], [],
    ),
    "three": (
        "transpose([1, 2, 0]) -> transpose([0, 2, 1]) -> c: transpose([2, 0, 1]) -> relu",
        ["c"], [],
    ),
    "that do nothing": ("transpose([0, 1, 2]) -> relu", [], []),
    "that end the net": (
        "transpose([1, 2, 0]) -> transpose([2, 0, 1])\n    output y", ["1"], [],
    ),
    "one of which is read": (
        "a: transpose([1, 2, 0])\n    output b: transpose([2, 0, 1]) -> relu\n"
        "    output r: a -> relu",
        ["a"], [],
    ),
    "around a layer norm": (
        "transpose([1, 2, 0]) -> l: layer_norm(axes=2) -> transpose([2, 0, 1]) -> relu",
        ["0", "2"], [],
    ),
    "beside a layer norm": (
        "l: layer_norm(axes=0) -> transpose([1, 2, 0]) -> linear(5)", ["l/turned"], ["2/weight"],
    ),
    "of a weight": ("l: linear(5) -> m: linear(4, bias=false)", [], ["l/weight", "m/weight"]),
    "of a weight that is used twice": ("l: linear(6) -> m: reuse l", [], ["l/weight"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BODIES)
def test_what_is_left_and_its_values(case: str, tmp_path: Path) -> None:
    body, left, turned = BODIES[case]
    program = program_in(tmp_path, f"net n {{\n    input x: [4, 5, 6]\n    {body}\n}}\n")
    weights, path = random_weights(program), tmp_path / "n.onnx"
    model = loaded(program, weights)
    x = torch.randn(3, 4, 5, 6)
    with torch.no_grad():
        wanted = [each.numpy() for each in model(x).values()]
    for fold in (True, False):
        export(program, path, weights=weights, form=Form(fold=fold))
        graph = check_file(path).graph
        found = run(path, {"x": x.numpy()})
        pairs = zip(found, wanted, strict=True)
        assert max(largest_difference(one, other) for one, other in pairs) <= 1e-5
        names = [node.name for node in graph.node if node.op_type == "Transpose"]
        stored = [tensor.name for tensor in graph.initializer if tensor.name.endswith("/weight")]
        if fold:
            assert (names, stored) == (left, turned)


def test_a_tied_embedding_is_stored_once(tmp_path: Path) -> None:
    program = program_in(
        tmp_path,
        "net n {\n    input x: int64[5]\n    e: embedding(11, 8) -> relu -> linear(11,"
        " weight=e.weight, bias=false)\n}\n",
    )
    export(program, tmp_path / "n.onnx")
    assert [t.name for t in onnx.load(tmp_path / "n.onnx").graph.initializer] == ["e.weight"]
