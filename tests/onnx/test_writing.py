"""How a file gets to disk: its bytes, weights in and beside it, writes that fail."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

import netlang
from netlang.backends.onnx import Form, export
from netlang.backends.onnx.backend import BACKEND
from netlang.backends.onnx.steps import lowered_steps
from netlang.backends.onnx.wire import LARGE, PHASES
from netlang.build import BuildOptions, Fit, OnnxOptions
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from tests.onnx.support import check_file, program_in, random_weights, run
from tests.support import answered

UNIT = "block unit(out) {\n conv(out, 3x3)\n}\n"


def test_the_same_program_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in ("a.onnx", "b.onnx", "c.onnx"))
    export(load_program("cnn"), first)
    export(load_program("cnn"), second)
    export(load_program("cnn"), other, seed=1)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("from_file", [True, False])
def test_a_large_model_has_its_weights_in_a_file_beside_it(from_file: bool, tmp_path: Path) -> None:
    program, inline, path = load_program("cnn"), tmp_path / "inline.onnx", tmp_path / "net.onnx"
    arrays = random_weights(program)
    weights = tmp_path / "w.safetensors"
    save_file(arrays, weights)
    source = weights if from_file else arrays
    assert export(program, inline, weights=source).beside == ()
    beside = tmp_path / "net.onnx.data"
    assert export(program, path, weights=source, form=Form(inline_limit=5000)).beside == (beside,)
    assert path.stat().st_size < 5000
    graph = onnx.load(path, load_external_data=False).graph
    stored = [tensor for tensor in graph.initializer if tensor.external_data]
    assert [tensor.name for tensor in stored] == list(arrays)
    for tensor in stored:
        place = {entry.key: entry.value for entry in tensor.external_data}
        assert place["location"] == "net.onnx.data"
        assert int(place["offset"]) % 4096 == 0
    check_file(path)
    x = np.random.default_rng(0).standard_normal((2, 40), np.float32)
    assert np.array_equal(run(path, {"x": x})[0], run(inline, {"x": x})[0])


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"before")

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("netlang.backends.onnx.deployed.tensors.initial", full)
    with pytest.raises(OSError, match="no space left"):
        export(load_program("cnn"), path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_weights_file_that_shrinks_while_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, weights = load_program("cnn"), tmp_path / "w.safetensors"
    save_file(random_weights(program), weights)

    def truncating(*arguments: Any) -> Any:
        os.truncate(weights, 100)  # between its header and its values
        return lowered_steps(*arguments)

    monkeypatch.setattr("netlang.backends.onnx.steps.lowered_steps", truncating)
    with pytest.raises(OSError, match="was cut off"):
        export(program, tmp_path / "net.onnx", weights=weights)
    assert list(tmp_path.iterdir()) == [weights]


def test_large_tensors_lie_in_the_file_as_in_memory(tmp_path: Path) -> None:
    program = program_in(tmp_path, "net n {\n input x: [300]\n a: linear(70)\n b: linear(300)\n}\n")
    weights, path = tmp_path / "w.safetensors", tmp_path / "net.onnx"
    arrays = random_weights(program)
    for name in ("odd", "name"):  # beside a tensor that shifts what follows it
        save_file(arrays, weights, {name: "x" * 8 * len(name)})
        export(program, path, weights=weights)
        graph, whole = onnx.load(path).graph, path.read_bytes()
        found = {each.name: each for each in graph.initializer}
        assert list(found) == list(arrays)
        for key, values in arrays.items():
            assert np.array_equal(onnx.numpy_helper.to_array(found[key]), values)
            at_home = weights.read_bytes().index(values.tobytes())
            if values.nbytes >= LARGE:
                assert (whole.index(values.tobytes()) - at_home) % PHASES == 0
                assert not found[key].doc_string.strip()
            else:
                assert not found[key].HasField("doc_string")


def test_a_file_does_not_depend_on_where_arrays_lie_in_memory(tmp_path: Path) -> None:
    program = program_in(tmp_path, "net n {\n input x: [300]\n a: linear(300)\n}\n")
    arrays, written = random_weights(program), set()
    for shift in (0, 4, 20):
        moved = {}
        for key, values in arrays.items():
            room = np.empty(values.nbytes + 128, np.uint8)
            begin = -room.ctypes.data % PHASES + shift
            moved[key] = room[begin : begin + values.nbytes].view(np.float32).reshape(values.shape)
            moved[key][...] = values
        path = tmp_path / "net.onnx"
        export(program, path, weights=moved)
        written.add(path.read_bytes())
    assert len(written) == 1


def test_partial_weights_are_loaded_as_far_as_they_fit(tmp_path: Path) -> None:
    program, path = load_program("cnn"), tmp_path / "net.onnx"
    arrays = random_weights(program)
    first, *_, last = arrays
    kept = arrays.pop(first)
    arrays[last] = np.zeros((3, 3), np.float32)
    weights = tmp_path / "w.safetensors"
    save_file(arrays, weights)
    with pytest.raises(NetlangError) as error:
        export(program, path, weights=weights)
    assert [d.code for d in error.value.diagnostics] == ["E0921"]
    assert not path.exists()
    written = BACKEND.write(program, path, BuildOptions(weights=weights, fit=Fit(partial=True)))
    loaded, note = written.notes
    assert loaded.startswith(f"loaded {len(arrays) - 1} of {len(arrays) + 1} tensors, ")
    assert first in note
    assert last in note
    graph = onnx.load(path).graph
    found = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    assert not np.array_equal(found[first], kept)
    second = list(arrays)[1]
    assert np.array_equal(found[second], arrays[second])


def test_what_the_metadata_say_of_the_spec(tmp_path: Path) -> None:
    (tmp_path / "own.net").write_text(f"{UNIT}net n {{\n input x: [3, H=8, W=8]\n unit(2)\n}}\n")
    text = "from own import unit\n\nnet n {\n input x: [3, H=8, W=8]\n unit(2)\n}\n"
    (tmp_path / "spec.net").write_text(text)
    path = netlang.load(tmp_path / "spec.net").onnx(tmp_path / "a.onnx", license="MIT")
    facts = {each.key: each.value for each in onnx.load(path).metadata_props}
    assert json.loads(facts["netlang.spec"]) == [
        {"file": name, "sha256": sha256((tmp_path / name).read_bytes()).hexdigest()}
        for name in ("spec.net", "own.net")
    ]
    assert facts["netlang.expanded"].startswith("net n {\n    input x: [3, H=8, W=8]\n    x -> ")
    assert "#" not in facts["netlang.expanded"]
    assert facts["netlang.version"] == netlang.__version__
    assert facts["netlang.license"] == "MIT"
    assert facts["netlang.constraints"] == "H >= 3\nW >= 3"


@pytest.mark.parametrize("precision", [None, netlang.LowPrecision("float16")])
def test_weights_beside_the_file_on_request(
    precision: netlang.LowPrecision | None, tmp_path: Path
) -> None:
    net, x = netlang.load("cnn"), np.random.default_rng(0).standard_normal((2, 40), np.float32)
    inline, path = tmp_path / "inline.onnx", tmp_path / "net.onnx"
    net.onnx(inline, precision=precision)
    net.onnx(path, precision=precision, external=True)
    found = sorted(each.name for each in tmp_path.iterdir())
    assert found == ["inline.onnx", "net.onnx", "net.onnx.data"]
    assert path.stat().st_size < inline.stat().st_size
    assert np.array_equal(run(path, {"x": x})[0], run(inline, {"x": x})[0])


def test_weights_in_4_bits_beside_the_file(tmp_path: Path) -> None:
    program = program_in(tmp_path, "net n {\n input x: [64]\n a: linear(64)\n b: linear(3)\n}\n")
    low, found = netlang.LowPrecision(int4_weights=True), []
    for external in (False, True):
        path = tmp_path / f"{external}.onnx"
        options = OnnxOptions(low=low, external=external)
        written = BACKEND.write(program, path, BuildOptions(onnx=options))
        assert [each.name for each in written.beside] == (["True.onnx.data"] if external else [])
        found.append(run(path, {"x": np.ones((1, 64), np.float32)})[0])
    assert np.array_equal(found[0], found[1])


def test_the_list_of_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    command = (
        "compile", "cnn", "-o", "sub/a.onnx", "-o", "a.py", "--external", "--manifest", "a.json",
    )  # fmt: skip
    done = answered(capsys, *command)
    assert done.status == 0
    assert done.out.splitlines()[-1].startswith("wrote a.json (")
    listed = json.loads((tmp_path / "a.json").read_text())
    assert listed == {
        "writer": f"netlang {netlang.__version__}",
        "files": [
            {"file": name, "bytes": len(content), "sha256": sha256(content).hexdigest()}
            for name in ("sub/a.onnx", "sub/a.onnx.data", "a.py")
            for content in [(tmp_path / name).read_bytes()]
        ],
    }
    before = (tmp_path / "a.json").read_bytes()
    assert answered(capsys, *command).status == 0
    assert (tmp_path / "a.json").read_bytes() == before
    assert "E0019" in answered(capsys, "compile", "cnn", "-o", "a.py", "--manifest", "a.py").err
    refused = answered(capsys, "compile", "cnn", "-o", "a.py", "--manifest", "no/a.json")
    assert (refused.status, "can't write" in refused.err) == (1, True)


@pytest.mark.parametrize("fold", [True, False])
def test_an_input_for_training_alone_is_told(fold: bool, tmp_path: Path) -> None:
    text = """net n {
        input noise: [2]
        input image: [4]
        noise -> made: linear(4)
        output made: made
        auxiliary real: image -> judge: linear(1)
        auxiliary fake: made -> reuse judge
    }"""
    path, form = tmp_path / "n.onnx", Form(fold=fold)
    (note,) = export(netlang.loads(text).program, path, form=form).notes
    assert "no output needs the input `image`" in note
    assert [each.name for each in onnx.load(path).graph.input] == ["noise", "image"]
