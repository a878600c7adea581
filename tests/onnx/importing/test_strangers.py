"""Files of strangers: each is refused with a code, nothing outside is read, and nothing is run."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper

from netlang.backends.onnx.importing.reading.file import bytes_of
from netlang.backends.onnx.importing.reading.scan import MOST_FIELDS
from netlang.backends.torch.importing.limits import room
from netlang.diagnostics.errors import NetlangError
from netlang.modules.onnx_metadata import KEY
from tests.cli.support import Runner
from tests.onnx.importing.support import imported, model_of, saved

WEIGHT = {"conv.weight": np.ones((4, 3, 1, 1), np.float32)}


def _good() -> ModelProto:
    return model_of([helper.make_node("Conv", ["x", "conv.weight"], ["y"])], WEIGHT)


def _field(number: int, content: bytes) -> bytes:
    """A field with bytes, as protobuf writes it."""
    size, sizes = len(content), b""
    while size > 0x7F:
        sizes, size = sizes + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + sizes + bytes([size]) + content


def _nested(depth: int) -> bytes:
    """Graphs in attributes of nodes in graphs."""
    content = b""
    for _ in range(depth):
        content = _field(1, _field(5, _field(6, content)))
    return _field(7, content)


def _zip() -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("model.onnx", _good().SerializeToString())
    return held.getvalue()


BYTES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "E0986"),
    "text": (b"hello, world", "E0986"),
    "a page": (b"<!DOCTYPE html><html></html>", "a page"),
    "json": (b'{"graph": []}', "JSON"),
    "zip": (_zip(), "zip archive"),
    "pickle": (pickle.dumps({"weight": 1}), "a pickle"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS"),
    "noise": (bytes(np.random.default_rng(0).integers(0, 256, 4000, np.uint8)), "E0986"),
    "half of it": (_good().SerializeToString()[:60], "E0986"),
    "a size beyond the end": (b"\x3a\xff\xff\xff\xff\x0f", "E0986"),
    "a number without end": (b"\x3a" + b"\xff" * 40, "E0986"),
    "graphs in graphs": (_nested(100), "nested too deep"),
    "nodes of nothing": (_field(7, b"\x0a\x00" * (MOST_FIELDS + 1)), "parts"),
    "no graph": (b"\x08\x08", "no graph"),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_no_model(run: Runner, name: str) -> None:
    content, said = BYTES[name]
    (run.folder / "net.onnx").write_bytes(content)
    text = run.refused("import", "net.onnx", "-o", "a.net")
    assert "E0986" in text
    assert said in text
    assert not (run.folder / "a.net").exists()


def _outside(**entries: str) -> ModelProto:
    model = _good()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return model


def _claimed(count: int, **entries: str) -> ModelProto:
    """A weight of so many numbers, which a file beside the model has."""
    model = _outside(**entries)
    model.graph.initializer[0].dims[:] = [count]
    return model


def _tensor(change: Callable[[TensorProto], object]) -> ModelProto:
    model = _good()
    change(model.graph.initializer[0])
    return model


def _packed(kind: int, last: int) -> ModelProto:
    """A weight whose numbers stand in 32 bits each."""

    def change(tensor: TensorProto) -> None:
        tensor.ClearField("raw_data")
        tensor.data_type = kind
        tensor.int32_data.extend([0] * 11 + [last])

    return _tensor(change)


def _node(op: str, opset: int = 17, **attributes: Any) -> ModelProto:
    return model_of([helper.make_node(op, ["x"], ["y"], **attributes)], opset=opset)


def _sized(*sizes: int) -> ModelProto:
    nodes = [
        helper.make_node("Constant", [], ["s"], value_ints=list(sizes)),
        helper.make_node("ConstantOfShape", ["s"], ["t"]),
        helper.make_node("Add", ["x", "t"], ["y"]),
    ]
    return model_of(nodes)


def _tables(count: int) -> ModelProto:
    """Tables of 64 MiB each, of which only the largest number is read."""
    nodes = []
    for n in range(count):
        nodes += [
            helper.make_node("Constant", [], [f"s{n}"], value_ints=[1 << 24]),
            helper.make_node("ConstantOfShape", [f"s{n}"], [f"t{n}"]),
        ]
    nodes.append(helper.make_node("Relu", ["x"], ["y"]))
    return model_of(nodes)


def _with(change: Callable[[ModelProto], object]) -> ModelProto:
    model = _good()
    change(model)
    return model


def _inside(body: str) -> ModelProto:
    """The model with a spec in it."""
    text = f"net a {{\n    input x: [3, 8, 8]\n{body}}}\n"
    return _with(lambda model: model.metadata_props.add(key=KEY, value=text))


def _branches() -> ModelProto:
    graph = helper.make_graph([], "g", [], [])
    return model_of([helper.make_node("If", ["x"], ["y"], then_branch=graph, else_branch=graph)])


def _doubling() -> ModelProto:
    """A value that is joined with itself until it has more elements than fit into a number."""
    nodes = [helper.make_node("Concat", [f"x{n}" if n else "x"] * 4, [f"x{n + 1}"], axis=1)
             for n in range(60)]  # fmt: skip
    nodes.append(helper.make_node("Relu", ["x60"], ["y"]))
    return model_of(nodes)


def _convolution(shape: tuple[int, ...], kernel: int) -> ModelProto:
    """A convolution of each channel by itself."""
    weights = {"conv.weight": np.ones((shape[1], 1, kernel, kernel), np.float32)}
    node = helper.make_node(
        "Conv", ["x", "conv.weight"], ["y"], pads=[kernel // 2] * 4, group=shape[1]
    )
    return model_of([node], weights, shape)


def _products(count: int, size: int) -> ModelProto:
    """A matrix that is multiplied by itself, again and again."""
    names = ["x", *(f"x{n}" for n in range(1, count)), "y"]
    nodes = [helper.make_node("MatMul", [names[n], "x"], [names[n + 1]]) for n in range(count)]
    return model_of(nodes, shape=(1, 1, size, size))


def _unread_product(size: int) -> ModelProto:
    """A product that leads to no output, which ONNX Runtime computes all the same."""
    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("MatMul", ["x", "x"], ["z"])]
    return model_of(nodes, shape=(1, 1, size, size))


def _of_constants(op: str, sizes: list[int], others: list[int]) -> ModelProto:
    """What is computed of constants alone, and the largest number of it, which is added."""
    nodes = [
        helper.make_node("Constant", [], ["s"], value_ints=sizes),
        helper.make_node("ConstantOfShape", ["s"], ["a"]),
        helper.make_node("Constant", [], ["t"], value_ints=others),
        helper.make_node("ConstantOfShape", ["t"], ["b"]),
        helper.make_node(op, ["a", "b"], ["c"]),
        helper.make_node("ReduceMax", ["c"], ["m"], keepdims=0),
        helper.make_node("Add", ["x", "m"], ["y"]),
    ]
    return model_of(nodes)


def _pool(kernel: int) -> ModelProto:
    node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[kernel] * 2,
                            pads=[kernel // 2] * 4)  # fmt: skip
    return model_of([node], shape=(1, 1, 1000, 1000))


def _maxima(count: int) -> ModelProto:
    """The largest number of a map, again and again, so that little is ever given."""
    nodes = [helper.make_node("Relu", ["x"], ["r"])]
    nodes += [helper.make_node("ReduceMax", ["r"], [f"m{n}"]) for n in range(count)]
    nodes.append(helper.make_node("Concat", [f"m{n}" for n in range(count)], ["y"], axis=1))
    return model_of(nodes, shape=(1, 1, 1024, 1024), opset=17)


def _another_graph(size: int) -> ModelProto:
    """A spec that is little work beside a graph that is much."""
    model = _products(99, size)
    text = f"net a {{\n    input x: [1, {size}, {size}]\n    relu\n}}\n"
    model.metadata_props.add(key=KEY, value=text)
    return model


MODELS: dict[str, tuple[Callable[[], ModelProto], str]] = {
    "a tensor up the tree": (lambda: _outside(location="../secret"), "isn't in its folder"),
    "a tensor at the root": (lambda: _outside(location="/etc/passwd"), "isn't in its folder"),
    "a tensor on a drive": (lambda: _outside(location="C:\\secret"), "isn't in its folder"),
    "a tensor nowhere": (lambda: _outside(location=""), "isn't in its folder"),
    "a tensor in no file": (lambda: _outside(location="absent"), "E0986"),
    "a tensor in a folder": (lambda: _outside(location="inside"), "E0986"),
    "a tensor by a link": (lambda: _outside(location="link"), "is a link"),
    "a tensor behind a link": (lambda: _outside(location="linked/secret"), "is a link"),
    "a tensor by a second name": (lambda: _outside(location="hard"), "is a link"),
    "a tensor after the end": (lambda: _outside(location="data", offset="90"), "ends before"),
    "a tensor before the start": (lambda: _outside(location="data", offset="-4"), "E0986"),
    "a tensor of another size": (lambda: _outside(location="data", length="8"), "of 48"),
    "a place that is no number": (lambda: _outside(location="data", offset="x"), "no place"),
    "more numbers than there are": (lambda: _tensor(lambda t: t.dims.append(1000)), "E0987"),
    "a shape below 0": (lambda: _tensor(lambda t: t.dims.__setitem__(0, -4)), "can't be"),
    "a shape of everything": (lambda: _tensor(lambda t: t.dims.append(1 << 60)), "can't be"),
    "a type that isn't": (lambda: _tensor(lambda t: setattr(t, "data_type", 99)), "type 99"),
    "half numbers": (lambda: _tensor(lambda t: setattr(t, "data_type", 10)), "another number"),
    "bits beyond bfloat16": (lambda: _packed(TensorProto.BFLOAT16, 1 << 16), "beyond its type"),
    "bits below 0": (lambda: _packed(TensorProto.FLOAT16, -1), "beyond its type"),
    "a byte of 300": (lambda: _packed(TensorProto.UINT8, 300), "beyond its type"),
    "strings": (lambda: _tensor(lambda t: setattr(t, "data_type", 8)), "string"),
    "branches": (_branches, "decides or repeats"),
    "a table of everything": (lambda: _sized(1 << 20, 1 << 20), "E0982"),
    "many tables": (lambda: _tables(5), "a table of 16,777,216 numbers"),
    "a value of everything": (_doubling, "E0982"),
    "a map of everything": (
        lambda: model_of(
            [helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="nearest",
                              coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
            {"sizes": np.asarray([1, 3, 80_000, 80_000])},
            (1, 3, 8, 8),
        ),
        "numbers for an example",
    ),
    "a convolution of everything": (
        lambda: _convolution((1, 3, 1008, 1008), 31), "operations for an example, of so small"
    ),
    "a product of everything": (lambda: _products(1, 4000), "operations for an example"),
    "many products": (lambda: _products(99, 1000), "operations for an example"),
    "a product that nothing reads": (lambda: _unread_product(4000), "operations for an example"),
    "a product of constants": (
        lambda: _of_constants("MatMul", [4000, 4000], [4000, 4000]), "operations for an example"
    ),
    "a convolution of constants": (
        lambda: _of_constants("Conv", [1, 1, 3000, 3000], [1, 1, 999, 999]), "operations for an"
    ),
    "windows of everything": (lambda: _pool(501), "operations for an example"),
    "many readers": (lambda: _maxima(800), "operations for an example"),
    "an attribute of another type": (lambda: _node("Softmax", axis="all"), "another type"),
    "an axis that isn't there": (lambda: _node("Softmax", axis=77), "E0982"),
    "a window of nothing": (
        lambda: _node("MaxPool", kernel_shape=[0, 0], strides=[0, 0]), "E0982"
    ),
    "an opset of old": (lambda: _node("Relu", opset=6), "opset 6"),
    "an opset of the future": (lambda: _node("Relu", opset=900), "opset 900"),
    "a spec of everything": (
        lambda: _with(
            lambda m: m.metadata_props.add(
                key=KEY, value="net a {\n    input x: [99999]\n    linear(99999)\n}\n"
            )
        ),
        "for another size",
    ),
    "an input of everything in its spec": (
        lambda: _with(
            lambda m: m.metadata_props.add(
                key=KEY, value="net a {\n    input x: [3, 99999, 99999]\n    relu\n}\n"
            )
        ),
        "for another size",
    ),
    "a spec without end": (lambda: _inside("    repeat 1000000000 { relu }\n"), "for another size"),
    "a spec of many words": (lambda: _inside("    relu\n" * 10_000), "for another size"),
    "another net in its spec": (
        lambda: _with(
            lambda m: m.metadata_props.add(
                key=KEY, value="net a {\n    input x: [3, 8, 8]\n    relu\n}\n"
            )
        ),
        "isn't its source",
    ),
    "no opset": (lambda: _with(lambda m: m.ClearField("opset_import")), "no opset"),
    "no input": (lambda: _with(lambda m: m.graph.ClearField("input")), "E0987"),
    "an input of text": (
        lambda: model_of([helper.make_node("Relu", ["x"], ["y"])], kind=TensorProto.STRING),
        "numbers of string",
    ),
    "an input of everything": (
        lambda: model_of([helper.make_node("Relu", ["x"], ["y"])], shape=(1, 1 << 40)), "E0987"
    ),
    "a node that reads itself": (
        lambda: model_of([helper.make_node("Relu", ["y"], ["y"])]), "an input that no node gives"
    ),
    "an output of nothing": (
        lambda: model_of([helper.make_node("Relu", ["x"], ["z"])]), "an output that no node gives"
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Beside a secret: a file of numbers, and several ways to reach the secret."""
    (tmp_path / "secret").write_bytes(bytes(48))
    inside = tmp_path / "inside"
    (inside / "inside").mkdir(parents=True)
    (inside / "data").write_bytes(bytes(96))
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "linked").symlink_to(tmp_path)
    os.link(tmp_path / "secret", inside / "hard")
    return inside


@pytest.mark.parametrize("name", MODELS)
def test_models_that_are_not_to_be_trusted(folder: Path, name: str) -> None:
    make, said = MODELS[name]
    with pytest.raises(NetlangError) as caught:
        imported(saved(make(), folder))
    text = str(caught.value)
    assert said in text
    assert all(each.code.startswith("E098") for each in caught.value.diagnostics)


@pytest.mark.parametrize(("work", "code"), [(4_000_000, "E0982"), (36_000_000, "E0985")])
def test_more_is_computed_of_a_file_that_is_trusted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, work: int, code: str
) -> None:
    """This one is 8 million units for an example. The source alone is computed for three."""
    monkeypatch.setattr(room, "_LEAST_WORK", work)
    monkeypatch.setattr(room, "_WORK_FOR_A_BYTE", 0)
    path = saved(_convolution((1, 3, 40, 40), 5), folder)
    with pytest.raises(NetlangError, match=r"operations(.|\n)*`--large`") as caught:
        imported(path)
    assert caught.value.diagnostics[0].code == code
    assert "conv(3, 5x5" in imported(path, large=True).text


@pytest.mark.parametrize("examples", [2, 2048])
@pytest.mark.parametrize("fixed", [False, True])
def test_a_batch_that_is_computed_whole(folder: Path, examples: int, fixed: bool) -> None:
    """A file whose sizes are for many examples computes them all, whatever few are compared."""
    stored = {"conv.weight": np.ones((8, 1, 1, 1), np.float32)}
    stored["sizes"] = np.array([examples if fixed else 0, 8 * 66 * 66])
    nodes = [helper.make_node("Conv", ["x", "conv.weight"], ["map"]),
             helper.make_node("Reshape", ["map", "sizes"], ["y"])]  # fmt: skip
    path = saved(model_of(nodes, stored, (examples, 1, 66, 66)), folder)
    if not fixed or examples == 2:
        assert "conv(8, 1x1, bias=false)" in imported(path).text
        return
    with pytest.raises(NetlangError, match=r"E0985.*2,048 examples at once"):
        imported(path)


def test_a_graph_of_more_work_than_the_spec_beside_it(folder: Path) -> None:
    """It isn't computed, and the spec is taken as it is."""
    found = imported(saved(_another_graph(1000), folder))
    assert not found.weights
    assert "steps that no spec says (`MatMul`): see `--large`" in found.notes[0]


def test_a_tensor_beside_the_file(folder: Path) -> None:
    """What is in the folder is read, where it says."""
    (folder / "data").write_bytes(np.arange(24, dtype=np.float32).tobytes())
    model = _outside(location="data", offset="48", length="48")
    weight = imported(saved(model, folder)).weights["conv.weight"]
    assert weight.reshape(-1).tolist() == list(range(12, 24))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    for name, said in (("pipe.onnx", "a named pipe"), ("absent.onnx", "no file")):
        with pytest.raises(NetlangError, match=said):
            imported(tmp_path / name)


@pytest.mark.parametrize(
    ("most", "options", "said"),
    [
        (1 << 34, (), "its tensors have more than 2 GiB; `--large` takes 16 GiB"),
        (1 << 34, ("--large",), "No such file"),
        (1 << 31, ("--large",), "its tensors have more than 16 GiB\n"),
    ],
)
def test_tensors_beyond_what_is_read(
    run: Runner, most: int, options: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trusted ones may have 16 GiB; what a file says isn't asked for before it is there."""
    monkeypatch.setattr("netlang.backends.onnx.importing.reading.file.MOST_LARGE", most)
    model = _claimed((1 << 29) + 1, location="weights")
    (run.folder / "net.onnx").write_bytes(model.SerializeToString())
    assert said in run.refused("import", "net.onnx", "-o", "a.net", *options)


def test_the_bytes_of_a_tensor_that_no_message_can_have() -> None:
    """It is in memory, but protobuf doesn't say its size."""
    model = _good()
    before, size = bytes_of(model), (1 << 31) + 8
    model.graph.initializer.add(name="wide", raw_data=bytes(size))
    assert bytes_of(model) == before + size
