"""`.keras` files: those of a friend, and those of strangers. They are skipped without Keras."""

from __future__ import annotations

import json
import os
import pickle
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import netlang
from netlang.backends.torch.importing.imported import Imported
from netlang.backends.torch.importing.keras.imported import import_keras_file
from netlang.diagnostics.errors import NetlangError
from netlang.targets.importing import ImportOptions
from tests.cli.support import Runner
from tests.importing.keras.models import named, nested, network

os.environ.setdefault("KERAS_BACKEND", "torch")
keras: Any = pytest.importorskip("keras")
h5py: Any = pytest.importorskip("h5py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The records of a small model's file."""
    layers = keras.layers
    image = keras.Input((4, 4, 3), name="image")
    x = layers.Conv2D(2, 3, activation="relu", name="conv")(image)
    model = keras.Model(image, layers.Dense(2, name="fc")(layers.Flatten(name="flat")(x)))
    path = tmp_path_factory.mktemp("keras") / "net.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {each: archive.read(each) for each in archive.namelist()}


def _file(path: Path, records: dict[str, bytes], *, packed: bool = False) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as made:
        for name, content in records.items():
            made.writestr(name, content)
    return path


def _refused(path: Path) -> str:
    with pytest.raises(NetlangError) as caught:
        import_keras_file(ImportOptions(str(path)))
    return str(caught.value)


@pytest.mark.parametrize("made", [network, nested, named])
def test_models_that_were_saved(made: Callable[[], Any], run: Runner) -> None:
    model = made()
    rng = keras.random.SeedGenerator(1)
    for each in model.weights:
        each.assign(keras.random.uniform(each.shape, 0.1, 1.0, seed=rng))
    model.save(run.folder / "tagger.keras")
    done = run("import", "tagger.keras", "-o", "a.net", "--weights-out", "a.safetensors")
    assert done.status == 0, done.err
    assert "running the code" not in done.err
    found, wanted = load_file(run.folder / "a.safetensors"), netlang.from_keras(model).weights
    assert wanted is not None
    assert found.keys() == wanted.keys()
    assert all(torch.equal(each, wanted[key]) for key, each in found.items())


Change = Callable[[Any], object]


def _layer(config: Any, number: int) -> Any:
    return config["config"]["layers"][number]


def _only(config: Any, kind: str, given: Any, shape: tuple[int, ...], count: int = 1) -> None:
    """Let a model be layers of one kind, one after the other."""
    layers = [{"class_name": "InputLayer", "config": {"name": "image", "batch_shape": [2, *shape]}}]
    layers += [{"class_name": kind, "config": {"name": f"other{n}"} | given} for n in range(count)]
    inner = {"name": "net", "layers": layers}
    config.update(class_name="Sequential", module="keras", registered_name=None, config=inner)


def _all_at_once(config: Any, count: int) -> None:
    """Let a model be layers that read the input, and whose values are all outputs."""
    _only(config, "ReLU", {}, (256, 256, 8), count)
    inner = config["config"]
    config["class_name"] = "Functional"
    read = {"class_name": "__keras_tensor__", "config": {"keras_history": ["image", 0, 0]}}
    for each in inner["layers"]:
        first = each["class_name"] == "InputLayer"
        each["inbound_nodes"] = [] if first else [{"args": [read], "kwargs": {}}]
    inner["output_layers"] = [[f"other{n}", 0, 0] for n in range(count)]


CONFIGS: dict[str, tuple[Change, str]] = {
    "a function": (
        lambda c: _layer(c, 1).update(class_name="Lambda"), "E0982.*Lambda +1 +conv"
    ),
    "a class of its own": (
        lambda c: _layer(c, 1).update(registered_name="my>Conv2D"), "E0982.*code of its own"
    ),
    "a module of Python": (lambda c: _layer(c, 1).update(module="os"), "code of its own"),
    "a model of its own": (
        lambda c: c.update(class_name="Net", module="nets"), "E0989.*code of its own"
    ),
    "an activation of its own": (
        lambda c: _layer(c, 1)["config"].update(
            activation={"module": "builtins", "class_name": "function", "config": "exec"}
        ),
        "isn't a number, a word",
    ),
    "an activation of Python": (
        lambda c: _layer(c, 1)["config"].update(activation="exec"), "isn't read"
    ),
    "another type": (lambda c: _layer(c, 1)["config"].update(dtype="float16"), "than float32"),
    "weights of everything": (
        lambda c: _layer(c, 3)["config"].update(units=1 << 30), "more weights than the file"
    ),
    "another number of weights": (
        lambda c: _layer(c, 3)["config"].update(units=3), "E0988.*another shape"
    ),
    "a norm of more numbers than the file": (
        lambda c: _only(c, "BatchNormalization", {}, (1, 1, 1 << 22)), "more weights than the file"
    ),
    "a map of everything": (
        lambda c: _only(c, "ZeroPadding2D", {"padding": [[3000, 3000], [3000, 3000]]}, (8, 8, 3)),
        "E0989.*108,288,192 numbers for an example, of so small a file.*`--large`",
    ),
    "too many values": (lambda c: _only(c, "ReLU", {}, (512, 512, 8), 64), "E0989.*numbers for an"),
    "windows of everything": (
        lambda c: _only(
            c, "AveragePooling2D", {"pool_size": [101, 101], "strides": 1},
            (512, 512, 3),
        ),
        "E0985.*operations.*`--large`",
    ),
    "too many values at once": (lambda c: _all_at_once(c, 32), "E0985.*bytes at once"),
    "layers that share one weight": (
        lambda c: _only(c, "Dense", {"units": 64}, (64,), 9), "`other1` have more weights"
    ),
    "a word for a number": (
        lambda c: _only(c, "Rescaling", {"scale": "1"}, (4,)), "stands for a number"
    ),
    "a flag for a number": (
        lambda c: _only(c, "Dense", {"units": True}, (4,)), "stands for a number"
    ),
    "channels in front": (
        lambda c: _layer(c, 2)["config"].update(data_format="channels_first"), "in front"
    ),
    "units below nothing": (
        lambda c: _only(c, "Dense", {"units": -1}, (4,)), "Keras refuses it: .*units=-1"
    ),
    "another number of elements": (
        lambda c: _only(c, "Reshape", {"target_shape": [7]}, (4,)),
        r"E0988.*Reshape.call\(\): The total size of the tensor must be unchanged\. Received: "
        r"input_shape=\(4,\), target_shape=\(7,\) = help",
    ),
    "layers without end": (lambda c: _only(c, "ReLU", {}, (4,), 2001), "more than 2,000 layers"),
    "a size of many digits": (
        lambda c: _only(c, "ReLU", {}, (10**4000, 10**4000)), "E0989.*an input of any size"
    ),
    "an input of one number": (lambda c: _only(c, "ReLU", {}, ()), "E0981|E0989"),
    "no input": (lambda c: c["config"]["layers"].pop(0), "E0989.*once it is built"),
    "no layer": (lambda c: _only(c, "ReLU", {}, (4,), 0), "it gives its input"),
    "a scale that is no number": (
        lambda c: _only(c, "Rescaling", {"scale": [[1.0]]}, (4,)), "isn't a number for each"
    ),
    "an argument more": (
        lambda c: _layer(c, 3)["config"].update(lora_rank=4), "lora_rank"
    ),
    "layers that aren't there": (
        lambda c: c["config"].update(output_layers=["no", 0, 0]), "E0988.*contradict"
    ),
    "no layers": (lambda c: c.update(config={}), "E0988"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations_of_strangers(name: str, records: dict[str, bytes], tmp_path: Path) -> None:
    change, said = CONFIGS[name]
    config = json.loads(records["config.json"])
    change(config)
    content = json.dumps(config).encode()
    text = _refused(_file(tmp_path / "net.keras", {**records, "config.json": content}))
    assert re.search(said, re.sub(r"\s+", " ", text)), text


def _weights(content: bytes, change: Change) -> bytes:
    held = BytesIO(content)
    with h5py.File(held, "a") as file:
        change(file)
    return held.getvalue()


def _changed(content: bytes, place: int, byte: int) -> bytes:
    return content[:place] + bytes([byte]) + content[place + 1 :]


_CONV, _KERNEL = "layers/conv2d/vars", "layers/conv2d/vars/0"


def _linked(file: Any, link: Any) -> None:
    del file[_KERNEL]
    file[_KERNEL] = link


def _stored(file: Any, **how: Any) -> None:
    numbers = file[_KERNEL][()]
    del file[_KERNEL]
    data = None if "external" in how else numbers
    file.create_dataset(_KERNEL, numbers.shape, numbers.dtype, data=data, **how)


WEIGHTS: dict[str, tuple[Change, str]] = {
    "a link": (lambda f: _linked(f, h5py.SoftLink(f"/{_CONV}/1")), "is a link"),
    "a link out": (lambda f: _linked(f, h5py.ExternalLink("/etc/passwd", "/")), "is a link"),
    "another file": (lambda f: _stored(f, external=[("/etc/passwd", 0, 216)]), "as it is"),
    "packed": (lambda f: _stored(f, compression="gzip"), "as it is"),
    "not there": (lambda f: f.pop(_KERNEL), "no weight"),
    "names in an array": (
        lambda f: f[_CONV].attrs.update({"name": ["conv", "conv"]}), "a name that is no text"
    ),
    "of another layer": (
        lambda f: f[_CONV].attrs.update({"name": "fc"}), "those of another layer"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_of_strangers(name: str, records: dict[str, bytes], tmp_path: Path) -> None:
    change, said = WEIGHTS[name]
    content = _weights(records["model.weights.h5"], change)
    text = _refused(_file(tmp_path / "net.keras", {**records, "model.weights.h5": content}))
    assert "E0988" in text
    assert said in text


ARCHIVES: dict[str, tuple[Callable[[dict[str, bytes]], dict[str, bytes]], str]] = {
    "more records": (lambda r: {**r, "code.py": b""}, "other records"),
    "a way out": (lambda r: {**r, "../a": b""}, "other records"),
    "no weights": (lambda r: {"config.json": r["config.json"]}, "other records"),
    "weights that are a pickle": (
        lambda r: {**r, "model.weights.h5": pickle.dumps(1)}, "no HDF5"
    ),
    "weights at a place beyond numbers": (
        lambda r: {**r, "model.weights.h5": _changed(r["model.weights.h5"], 52, 0)}, "no HDF5"
    ),
    "no JSON": (lambda r: {**r, "config.json": b"{" * 10}, "isn't JSON"),
    "JSON without end": (lambda r: {**r, "config.json": b"[" * 900_000}, "isn't JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_of_strangers(name: str, records: dict[str, bytes], tmp_path: Path) -> None:
    change, said = ARCHIVES[name]
    text = _refused(_file(tmp_path / "net.keras", change(records)))
    assert "E0988" in text
    assert said in text


@pytest.mark.slow
def test_layers_in_a_row(records: dict[str, bytes], tmp_path: Path) -> None:
    """More than Python lets a function call itself, which Keras does for each layer."""
    config = json.loads(records["config.json"])
    _only(config, "ReLU", {}, (4,), 1200)
    content = json.dumps(config).encode()
    path = _file(tmp_path / "net.keras", {**records, "config.json": content})
    made = import_keras_file(ImportOptions(str(path)))
    assert isinstance(made, Imported)
    assert len(made.program.net.nodes) == 1200


def test_files_that_are_no_archives(records: dict[str, bytes], tmp_path: Path) -> None:
    assert "compressed" in _refused(_file(tmp_path / "a.keras", records, packed=True))
    (tmp_path / "b.keras").write_bytes(pickle.dumps({"a": 1}))
    assert "E0988" in _refused(tmp_path / "b.keras")
    assert "absent.keras" in _refused(tmp_path / "absent.keras")
