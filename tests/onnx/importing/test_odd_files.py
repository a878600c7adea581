"""Files of clumsy and hostile authors: odd names, sizes and numbers end with a code or a net."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, NodeProto, helper, numpy_helper

from netlang.backends.onnx.importing import reader
from netlang.backends.onnx.importing.names import LabelKeeper
from netlang.backends.onnx.importing.reading import file
from netlang.backends.onnx.importing.reading.scan import MOST_FIELDS, scan
from netlang.backends.torch.importing.layouts import BATCH
from netlang.diagnostics.errors import NetlangError
from netlang.modules.onnx_metadata import KEY
from tests.cli.support import Runner
from tests.onnx.importing.support import imported, lines_of, model_of, saved

RNG = np.random.default_rng(0)


def _two_convs(one: str, other: str) -> ModelProto:
    nodes = [
        helper.make_node("Conv", ["x", one], ["z"]),
        helper.make_node("Relu", ["z"], ["u"]),
        helper.make_node("Conv", ["u", other], ["y"]),
    ]
    shapes = {one: (4, 3, 1, 1), other: (2, 4, 1, 1)}
    stored = {name: RNG.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    return model_of(nodes, stored)


@pytest.mark.parametrize(
    ("one", "other", "keys"),
    [
        ("a.weight", "a.b.weight", {"a.weight", "conv1.weight"}),
        ("a.weight", "a.weight.weight", {"a.weight", "conv1.weight"}),
        ("a.weight", "a.weight2", {"a.weight", "conv1.weight"}),
        ("ü.weight", "..", {"conv1.weight", "conv2.weight"}),
        ("a\nb.weight", "c\x1b[31m.weight", {"a_b.weight", "c_31m.weight"}),
        ("x" * 5000, "a." * 300 + "weight", {"conv1.weight", ".".join(["a"] * 12) + ".weight"}),
    ],
)
def test_names_that_are_no_labels(tmp_path: Path, one: str, other: str, keys: set[str]) -> None:
    assert set(imported(saved(_two_convs(one, other), tmp_path)).weights) == keys


def test_keys_inside_of_keys() -> None:
    labels = LabelKeeper()
    claimed = [labels.claim(key) for key in ("a.w", "a.w.w", "a.w.b", "a.w", "a")]
    assert claimed == ["a.w", "a.w_2.w", "a.w_2.b", "a.w_3", "a_2"]


def _parts(op: str, **attributes: Any) -> ModelProto:
    nodes = [helper.make_node(op, ["x"], ["y", "z"], axis=1, **attributes)]
    return model_of(nodes, shape=("N", 1 << 24), opset=18)


def _places(op: str, *others: str, **attributes: Any) -> ModelProto:
    nodes = [
        helper.make_node("MaxPool", ["x"], ["z", "places"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node(op, ["places", *others], ["u"], **attributes),
        helper.make_node("Cast", ["u"], ["y"], to=1),
    ]
    return model_of(nodes, {"seven": np.asarray([7])})


def _zeros(op: str) -> ModelProto:
    """More zeros than are computed, which a node reads, or into which it writes without a pool."""
    nodes = [
        helper.make_node("Expand", ["val_0", "sizes"], ["u"]),
        helper.make_node("Cast", ["x"], ["at"], to=7),
        helper.make_node(op, ["u"] if op == "ReduceMax" else ["u", "at", "x"], ["y"]),
    ]
    zero = np.zeros((1, 1, 1, 1), np.float32)
    return model_of(nodes, {"val_0": zero, "sizes": np.asarray([1, 3, 1 << 20, 8])})


MODELS: dict[str, tuple[Callable[[], ModelProto], str]] = {
    "parts of everything": (lambda: _parts("Split", num_outputs=1 << 24), "too many"),
    "fewer parts than none": (lambda: _parts("Split", num_outputs=-2), "no parts"),
    "a part of nothing": (
        lambda: model_of(
            [helper.make_node("Split", ["x", "s"], ["y", "z"], axis=1)], {"s": np.asarray([3, 0])}
        ),
        "without elements",
    ),
    "a list of everything": (lambda: _parts("SplitToSequence"), "too many"),
    "a batch of everything": (
        lambda: model_of(
            [helper.make_node("Reshape", ["x", "s"], ["y"])],
            {"s": np.asarray([1 << 40, 192])},
            shape=(1 << 40, 3, 8, 8),
        ),
        "too many elements",
    ),
    "the size that stands for examples": (
        lambda: model_of([helper.make_node("Relu", ["x"], ["y"])], shape=("N", BATCH)),
        "another size",
    ),
    "no node": (lambda: model_of([]), "1 of 1 steps"),
    "places of maxima in a whole tensor": (lambda: _places("Cast", to=1), "within a channel"),
    "places of maxima in another size": (lambda: _places("Mod", "seven"), "within a channel"),
    "zeros without an end that are read": (lambda: _zeros("ReduceMax"), "a table of 25,165,824"),
    "values written into zeros": (lambda: _zeros("ScatterElements"), "a place of its own"),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_sizes_that_are_too_much(tmp_path: Path, name: str) -> None:
    make, said = MODELS[name]
    with pytest.raises(NetlangError, match=said):
        imported(saved(make(), tmp_path))


def test_a_batch_that_is_written_as_less_than_nothing(tmp_path: Path) -> None:
    """Older exporters write -1 for any number of examples."""
    nodes = [helper.make_node("Reshape", ["x", "s"], ["y"])]
    model = model_of(nodes, {"s": np.asarray([-1, 192])}, shape=(-1, 3, 8, 8))
    assert "flatten" in lines_of(imported(saved(model, tmp_path)))


@pytest.mark.parametrize("name", ["Relu", "inpt"])
def test_names_that_are_no_text(tmp_path: Path, name: str) -> None:
    content = model_of([helper.make_node("Relu", ["inpt"], ["y"])]).SerializeToString()
    path = tmp_path / "net.onnx"
    path.write_bytes(content.replace(name.encode(), b"\xff\xfe\xfd\xfc"))
    with pytest.raises(NetlangError, match="UTF-8"):
        imported(path)


def test_fields_are_counted_while_they_are_read() -> None:
    """What is behind the last one that is allowed isn't looked at: here it's no field."""
    with pytest.raises(ValueError, match="parts"):
        scan(b"\x08\x08" * MOST_FIELDS + b"\xff")


def _with_spec(text: str) -> ModelProto:
    model = model_of([helper.make_node("Relu", ["x"], ["y"])])
    model.metadata_props.add(key=KEY, value=text)
    return model


SPEC = "net a {\n    input x: [3, 8, 8]\n    relu\n}\n"


@pytest.mark.parametrize(
    "words", [("--name", "b"), ("--flat",), ("--no-batch",), ("--input", "[3, 8, 8]")]
)
def test_options_that_change_nothing(run: Runner, words: tuple[str, ...]) -> None:
    """A spec that is inside is taken as it is."""
    saved(_with_spec(SPEC), run.folder)
    text = run.refused("import", "net.onnx", "-o", "a.net", *words)
    assert "E0987" in text
    assert f"`{words[0]}`" in text
    assert "--graph" in text


@pytest.mark.parametrize("word", ["--graph", "--no-batch"])
def test_options_for_files(run: Runner, word: str) -> None:
    text = run.refused("import", "torchvision:resnet18", "-o", "a.net", word)
    assert f"`{word}` is for files" in text


def test_a_spec_inside_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(NetlangError, match="doesn't compile") as caught:
        imported(saved(_with_spec("net {{"), tmp_path))
    assert caught.value.diagnostics[0].code == "E0987"


def test_numbers_of_few_bits_beside_a_spec(tmp_path: Path) -> None:
    """The graph can't be read then, and so nothing is compared."""
    model = _with_spec(SPEC)
    half = np.ones(3, np.float16)
    model.graph.initializer.append(numpy_helper.from_array(half, "half"))
    made = imported(saved(model, tmp_path))
    assert made.text == SPEC
    assert made.notes[0].startswith("not compared")


def test_a_type_that_the_input_is_not_of(tmp_path: Path) -> None:
    path = saved(model_of([helper.make_node("Relu", ["x"], ["y"])]), tmp_path)
    with pytest.raises(NetlangError, match="the type"):
        imported(path, "int64[3, 8, 8]")


def test_a_chain_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that numbers alone lead to aren't steps."""
    nodes = [helper.make_node("Neg", [f"k{n}" if n else "k"], [f"k{n + 1}"]) for n in range(10)]
    nodes += [helper.make_node("Add", [f"x{n}" if n else "x", "k10"], [f"x{n + 1}"])
              for n in range(9)]  # fmt: skip
    nodes.append(helper.make_node("Relu", ["x9"], ["y"]))
    path = saved(model_of(nodes, {"k": np.asarray(1.0, np.float32)}), tmp_path)
    monkeypatch.setattr(reader, "MOST_STEPS", 10)
    assert "relu" in imported(path).text
    monkeypatch.setattr(reader, "MOST_STEPS", 9)
    with pytest.raises(NetlangError, match="more than 9 steps"):
        imported(path)
    monkeypatch.setattr(file, "_MOST_NODES", 19)
    with pytest.raises(NetlangError, match="more than 19 nodes"):
        imported(path)


def test_a_line_of_pixels(tmp_path: Path) -> None:
    """Another size to compare at would be 65 times as many: it stays at this one."""
    model = model_of([helper.make_node("Relu", ["x"], ["y"])], shape=("N", 1, 1 << 21, 1))
    assert "input x: [1, 2097152, 1]" in lines_of(imported(saved(model, tmp_path)))


def test_a_suffix_in_capitals(run: Runner) -> None:
    saved(model_of([helper.make_node("Relu", ["x"], ["y"])]), run.folder, "NET.ONNX")
    assert run("import", "NET.ONNX", "-o", "a.net").status == 0


def _resized(how: str, rounds: str, size: int) -> ModelProto:
    node = helper.make_node(
        "Resize", ["x", "", "", "sizes"], ["y"], mode="nearest",
        coordinate_transformation_mode=how, nearest_mode=rounds,
    )  # fmt: skip
    return model_of([node], {"sizes": np.asarray([1, 3, size, size])}, (1, 3, 8, 8))


@pytest.mark.parametrize(
    ("how", "rounds", "size"),
    [("asymmetric", "floor", 11), ("asymmetric", "round_prefer_floor", 16),
     ("half_pixel", "round_prefer_floor", 24), ("half_pixel", "round_prefer_ceil", 16)],
)  # fmt: skip
def test_nearest_places(tmp_path: Path, how: str, rounds: str, size: int) -> None:
    """Those of PyTorch; the import compares the values."""
    assert "upsample(" in imported(saved(_resized(how, rounds, size), tmp_path)).text


@pytest.mark.parametrize(
    ("how", "rounds", "size"),
    [("asymmetric", "round_prefer_floor", 24), ("half_pixel", "floor", 16),
     ("half_pixel", "ceil", 16), ("half_pixel", "round_prefer_floor", 12)],
)  # fmt: skip
def test_other_nearest_places(tmp_path: Path, how: str, rounds: str, size: int) -> None:
    with pytest.raises(NetlangError, match="the nearest place by") as caught:
        imported(saved(_resized(how, rounds, size), tmp_path))
    assert caught.value.diagnostics[0].code == "E0982"


def test_a_gate_is_proved(tmp_path: Path) -> None:
    """Of 64 examples some give a number, though most give 0."""
    nodes = [
        helper.make_node("Sub", ["x", "two"], ["z"]),
        helper.make_node("Relu", ["z"], ["y"]),
    ]
    net = imported(saved(model_of(nodes, {"two": np.asarray(1.5, np.float32)}, ("N", 2)), tmp_path))
    assert "[64, 2], [3, 2]" in net.proof


def test_signs_are_steps(tmp_path: Path) -> None:
    """1 above 0, -1 below, 0 at 0."""
    net = imported(saved(model_of([helper.make_node("Sign", ["x"], ["y"])]), tmp_path))
    assert "sub { heaviside; neg -> heaviside }" in net.text


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (helper.make_node("Erf", ["x"], ["y"]), "outside of a GELU"),
        (helper.make_node("GatherElements", ["x", "places"], ["y"], axis=1), "a place of its own"),
    ],
)
def test_what_is_missing_is_said(node: NodeProto, said: str, tmp_path: Path) -> None:
    places = {"places": np.zeros((2, 1, 8, 8), np.int64)}
    with pytest.raises(NetlangError) as caught:
        imported(saved(model_of([node], places), tmp_path))
    assert said in re.sub(r"\s+", " ", str(caught.value))
