"""Weights that are written while the graph is made, and those that aren't what was expected."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from netlang.backends.onnx import Form, export
from netlang.backends.onnx.deployed.transposes import merge_transposes
from netlang.backends.onnx.steps import lowered_steps
from netlang.elaborate import load_program
from tests.onnx.support import check_file, program_in, random_weights, run

SEQUENCE = "net n {\n input x: [7, 30]\n a: linear(500) -> relu -> b: linear(300)\n}\n"


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are looked at and written before the graph is known."""
    monkeypatch.setattr("netlang.backends.weights.stored._WORTH", 0)
    monkeypatch.setattr("netlang.backends.onnx.wire.gathered._STRETCH", 1 << 12)


@pytest.mark.usefixtures("ahead")
@pytest.mark.parametrize("fold", [True, False])
def test_tensors_that_are_written_before_the_graph_is_known(fold: bool, tmp_path: Path) -> None:
    program = program_in(tmp_path, SEQUENCE)
    arrays, weights = random_weights(program), tmp_path / "w.safetensors"
    save_file(arrays, weights)
    paths = tmp_path / "early.onnx", tmp_path / "late.onnx"
    export(program, paths[0], weights=weights, form=Form(fold=fold))
    export(program, paths[1], weights=arrays, form=Form(fold=fold))
    for path in paths:
        check_file(path)
    early, late = map(onnx.load, paths)
    assert {each.name for each in early.graph.initializer} >= arrays.keys() or fold
    assert early.graph.node == late.graph.node
    x = np.random.default_rng(0).standard_normal((2, 7, 30), np.float32)
    assert np.array_equal(run(paths[0], {"x": x})[0], run(paths[1], {"x": x})[0])


@pytest.mark.usefixtures("ahead")
def test_tensors_that_the_steps_need_in_another_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written before that was known is written again."""

    def turned(*arguments: Any) -> Any:
        flat = lowered_steps(*arguments)
        merge_transposes(flat)
        return flat

    program = program_in(tmp_path, SEQUENCE)
    weights, early, folded = (tmp_path / name for name in ("w.safetensors", "a.onnx", "b.onnx"))
    save_file(random_weights(program), weights)
    export(program, folded, weights=weights)
    monkeypatch.setattr("netlang.backends.onnx.steps.lowered_steps", turned)
    export(program, early, weights=weights, form=Form(fold=False))
    assert onnx.load(early).graph.initializer == onnx.load(folded).graph.initializer
    assert onnx.load(early).graph.node == onnx.load(folded).graph.node
    assert sorted(tmp_path.iterdir()) == sorted([early, folded, weights, tmp_path / "spec.net"])


@pytest.mark.parametrize("usual", [1, 3000, 30_000])
def test_the_same_file_whatever_is_usual(
    usual: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The length before the weights has as many bytes as it needs, known before them or not."""
    program = load_program("cnn")
    known, path = tmp_path / "known.onnx", tmp_path / "net.onnx"
    export(program, known)
    monkeypatch.setattr("netlang.backends.onnx.wire.file._USUAL", usual)
    export(program, path)
    assert path.read_bytes() == known.read_bytes()
    assert len(onnx.load(path).SerializeToString()) == path.stat().st_size
    size = path.stat().st_size
    for limit, beside in ((size, 0), (size - 1, 1)):
        written = export(program, path, form=Form(inline_limit=limit))
        assert len(written.beside) == beside


@pytest.mark.usefixtures("ahead")
def test_a_weights_file_that_shrinks_while_its_values_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses to copy what is gone."""
    spec = "net n {\n input x: [300]\n a: linear(400)\n}\n"
    program, weights = program_in(tmp_path, spec), tmp_path / "w.safetensors"
    save_file(random_weights(program), weights)

    def truncating(descriptor: int, parts: list[memoryview]) -> int:
        os.truncate(weights, 100)
        return writev(descriptor, parts)

    writev = os.writev
    monkeypatch.setattr("os.writev", truncating)
    monkeypatch.setattr("netlang.backends.weights.stored.LookAhead.proves", lambda *_: True)
    with pytest.raises(OSError, match=r"w\.safetensors was cut off"):
        export(program, tmp_path / "net.onnx", weights=weights, form=Form(fold=False))
    assert not (tmp_path / "net.onnx").exists()


@pytest.mark.parametrize("key", ["a.weight", "b.weight", None])
def test_a_file_of_which_a_part_is_looked_at_ahead(
    key: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one of more bytes than are looked at together: all are written, and all looked at."""
    monkeypatch.setattr("netlang.backends.weights.stored._WORTH", 0)
    monkeypatch.setattr("netlang.backends.weights.stored._AHEAD", 450_000)
    program = program_in(
        tmp_path, "net n {\n input x: [300]\n a: linear(300) -> b: linear(300)\n}\n"
    )
    arrays, weights = random_weights(program), tmp_path / "w.safetensors"
    if key is not None:
        arrays[key][-1, -1] = np.nan
    save_file(arrays, weights)
    written = export(program, tmp_path / "net.onnx", weights=weights, form=Form(fold=False))
    graph = onnx.load(tmp_path / "net.onnx").graph
    found = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    assert all(np.array_equal(found[each], arrays[each], equal_nan=True) for each in arrays)
    told = [note for note in written.notes if "NaN" in note]
    assert told == ([] if key is None else [f"warning: NaN or infinite values in `{key}`"])
