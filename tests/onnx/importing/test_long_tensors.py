"""Long tensors are read where they lie, in the file or beside it, and nothing is written there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, ModelProto, TensorProto, helper, numpy_helper

from netlang.backends.onnx.importing.reading.long import LONG
from netlang.backends.onnx.importing.reading.split import without_long
from netlang.backends.weights.mapped import MappedFile
from netlang.diagnostics.errors import NetlangError
from tests.onnx.importing.support import Array, imported, saved

RNG = np.random.default_rng(0)
SIZE = 150
STORED: dict[str, Array] = {
    "a.weight": RNG.normal(size=(SIZE, SIZE)).astype(np.float32),
    "a.bias": RNG.normal(size=SIZE).astype(np.float32),
    "b.weight": np.full((SIZE, SIZE), 0.25, np.float32),  # which a comparison moves
}


def _model(stored: Mapping[str, Array] = STORED) -> ModelProto:
    nodes = [
        helper.make_node("Gemm", ["x", "a.weight", "a.bias"], ["z"], transB=1),
        helper.make_node("Relu", ["z"], ["u"]),
        helper.make_node("MatMul", ["u", "b.weight"], ["y"]),
    ]
    kind = helper.np_dtype_to_tensor_dtype(stored["a.weight"].dtype)
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", kind, ["N", SIZE])],
        [helper.make_tensor_value_info("y", kind, ["N", SIZE])],
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def _inside(folder: Path) -> Path:
    return saved(_model(), folder)


def _shifted(by: int) -> Callable[[Path], Path]:
    """A description of the model comes first, so that all numbers are at other places."""

    def written(folder: Path) -> Path:
        path = _inside(folder)
        path.write_bytes(b"\x32" + bytes([by]) + b" " * by + path.read_bytes())
        return path

    return written


def _in_two_graphs(folder: Path) -> Path:
    """What protobuf joins: a message that is there twice."""
    model, rest = _model(), ModelProto()
    rest.graph.initializer.add().CopyFrom(model.graph.initializer.pop())
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString() + rest.SerializeToString())
    return path


def _with_data_twice(folder: Path) -> Path:
    """The data that come last are those of a tensor."""
    model = _model()
    last = model.graph.initializer.pop()
    twice = TensorProto(raw_data=bytes(len(last.raw_data))).SerializeToString()
    content = twice + last.SerializeToString()
    graph = model.graph.SerializeToString() + b"\x2a" + _varint(len(content)) + content
    model.ClearField("graph")
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString() + b"\x3a" + _varint(len(graph)) + graph)
    return path


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _beside(folder: Path) -> Path:
    path = folder / "net.onnx"
    onnx.save(_model(), path, save_as_external_data=True, location="data", size_threshold=0)
    return path


FORMS: dict[str, Callable[[Path], Path]] = {
    "inside": _inside,
    **{f"shifted by {by + 2}": _shifted(by) for by in (1, 2, 3, 4)},
    "in two graphs": _in_two_graphs,
    "with data twice": _with_data_twice,
    "beside": _beside,
}


@pytest.mark.parametrize("form", FORMS)
def test_long_tensors_are_those_of_the_file(form: str, tmp_path: Path) -> None:
    """ONNX Runtime, which computes what the spec is compared with, is given them as well."""
    path = FORMS[form](tmp_path)
    read = onnx.load(path)
    wanted = {each.name: numpy_helper.to_array(each) for each in read.graph.initializer}
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}
    found = imported(path).weights
    assert found.keys() == wanted.keys() == STORED.keys()
    assert np.array_equal(found["a.weight"], wanted["a.weight"])
    assert np.array_equal(found["a.bias"], wanted["a.bias"])
    assert np.array_equal(found["b.weight"], wanted["b.weight"].T)
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_long_tensors_of_half_precision_are_widened(tmp_path: Path) -> None:
    stored = {name: value.astype(np.float16) for name, value in STORED.items()}
    found = imported(saved(_model(stored), tmp_path)).weights
    assert np.array_equal(found["a.weight"], stored["a.weight"].astype(np.float32))
    assert np.array_equal(found["b.weight"], stored["b.weight"].astype(np.float32).T)


@pytest.mark.parametrize("by", [-4, 4])
def test_long_data_of_another_size_than_the_shape_says(by: int, tmp_path: Path) -> None:
    model = _model()
    tensor = model.graph.initializer[0]
    tensor.raw_data = tensor.raw_data[:by] if by < 0 else tensor.raw_data + bytes(by)
    with pytest.raises(NetlangError, match="another number of elements"):
        imported(saved(model, tmp_path))


@pytest.mark.parametrize("of_node", [False, True])
def test_a_number_of_the_readers_own_in_a_file_is_none(of_node: bool, tmp_path: Path) -> None:
    """A stranger's tensor can't stand for another one: it says no place beside the file."""
    model = _model()
    tensor = model.graph.initializer[2]
    if of_node:
        tensor = model.graph.node[0].attribute.add(name="v", type=AttributeProto.TENSOR).t
        tensor.CopyFrom(model.graph.initializer[2])
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="number", value="0")
    with pytest.raises(NetlangError, match="isn't in its folder"):
        imported(saved(model, tmp_path))


def test_tensors_in_more_files_than_are_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch's older exporter writes a file for each tensor of a large model."""
    monkeypatch.setattr("netlang.backends.onnx.importing.reading.long._MOST_FILES", 2)
    path = tmp_path / "net.onnx"
    onnx.save(_model(), path, save_as_external_data=True, all_tensors_to_one_file=False,
              size_threshold=0)  # fmt: skip
    assert len(list(tmp_path.iterdir())) == 4
    found = imported(path).weights
    assert np.array_equal(found["a.weight"], STORED["a.weight"])
    assert np.array_equal(found["b.weight"], STORED["b.weight"].T)


def _outside(stored: TensorProto, location: str, offset: int) -> None:
    stored.ClearField("raw_data")
    stored.data_location = TensorProto.EXTERNAL
    stored.external_data.add(key="location", value=location)
    stored.external_data.add(key="offset", value=str(offset))


@pytest.mark.parametrize("offset", [0, 4 * SIZE])
def test_a_place_of_two_tensors_is_memory_of_each(
    offset: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison moves a weight of equal numbers; the numbers of a table stay as they are."""
    monkeypatch.setattr("netlang.backends.onnx.importing.reading.file.LONG", 64)
    count = 20
    (tmp_path / "data").write_bytes(bytes(4 * SIZE**2 + 8 * count))
    model = _model()
    model.graph.node[-1].output[0] = "v"
    model.graph.node.append(helper.make_node("Gather", ["v", "table"], ["y"], axis=1))
    table = model.graph.initializer.add(name="table", data_type=TensorProto.INT64, dims=[count])
    _outside(table, "data", offset)
    _outside(model.graph.initializer[2], "data", 0)
    found = imported(saved(model, tmp_path))
    assert f"gather([0 for _place in range({count})])" in found.text
    assert not np.asarray(found.weights["b.weight"]).any()


@pytest.mark.parametrize("outside", [False, True])
def test_long_data_in_segments_are_refused(outside: bool, tmp_path: Path) -> None:
    """As short ones are: a tensor that is a part of another has no shape of its own."""
    model = _model()
    tensor = model.graph.initializer[0]
    tensor.segment.begin, tensor.segment.end = 0, SIZE
    if outside:
        (tmp_path / "data").write_bytes(tensor.raw_data)
        _outside(tensor, "data", 0)
    with pytest.raises(NetlangError, match="segments"):
        imported(saved(model, tmp_path))


def test_a_file_beside_that_cannot_be_mapped_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system refuses to map more than all its memory, of which a file may use a few bytes."""
    path, real = _beside(tmp_path), MappedFile

    def refused(path: Path, *, private: bool = False) -> MappedFile:
        if path.name == "data":
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        return real(path, private=private)

    monkeypatch.setattr("netlang.backends.onnx.importing.reading.long.MappedFile", refused)
    found = imported(path).weights
    assert np.array_equal(found["a.weight"], STORED["a.weight"])
    assert np.array_equal(found["b.weight"], STORED["b.weight"].T)


def test_data_are_cut_out_of_a_model_and_nothing_else(tmp_path: Path) -> None:
    path = _inside(tmp_path)
    rest, places = without_long(MappedFile(path).bytes, LONG)
    whole, content = onnx.load(path), path.read_bytes()
    assert list(places) == [0, 2]
    for number, place in places.items():
        tensor = whole.graph.initializer[number]
        assert content[place.begin : place.end] == tensor.raw_data
        tensor.ClearField("raw_data")
    assert ModelProto.FromString(rest) == whole
