"""Checkpoints, weights and records from strangers: refused with a code, in bounded memory.

A stranger can give a file the digest that its name wants, so all that is said in it is doubted.
"""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from netlang.backends.torch.train.files.encoding import encode
from netlang.backends.torch.train.files.reader import opened
from netlang.backends.torch.train.storage import load_tensors
from netlang.backends.weights.header import LONGEST_HEADER, METADATA
from netlang.backends.weights.signature import digest_of
from netlang.diagnostics.errors import NetlangError
from tests.train.faults.subject import Listener, run

Header = dict[str, Any]


def entry(begin: int, end: int, dtype: object = "F32", shape: object = None) -> Header:
    return {
        "dtype": dtype,
        "shape": [(end - begin) // 4] if shape is None else shape,
        "data_offsets": [begin, end],
    }


def file_of(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "short": (b"\x01\0\0", "it is cut off"),
    "longer header than the file": (b"\xff" * 8 + b"{}", "it is cut off"),
    "no JSON": (file_of(b"{\xff"), "codec"),
    "a list": (file_of([]), "isn't a table"),
    "nested": (file_of(b"[" * 1_000_000), "nested too deeply"),
    "a number of a million digits": (file_of(b"1" * 1_000_000), "digits"),
    "twice": (file_of(b'{"a": 1, "a": 1}'), "twice"),
    "metadata of numbers": (file_of({METADATA: {"a": 1}}), "metadata"),
    "metadata of a list": (file_of({METADATA: []}), "metadata"),
    "a tensor of a number": (file_of({"a": 1}), "doesn't describe `a`"),
    "a tensor with more keys": (file_of({"a": {**entry(0, 0), "b": 1}}), "doesn't describe"),
    "an unknown type": (file_of({"a": entry(0, 4, "X64")}, bytes(4)), "type of `a`"),
    "a type of a list": (file_of({"a": entry(0, 4, [])}, bytes(4)), "type of `a`"),
    "a negative shape": (file_of({"a": entry(0, 4, "F32", [-1, -1])}, bytes(4)), "shape of `a`"),
    "a shape of floats": (file_of({"a": entry(0, 4, "F32", [1.0])}, bytes(4)), "shape of `a`"),
    "a shape of booleans": (file_of({"a": entry(0, 4, "F32", [True])}, bytes(4)), "shape of `a`"),
    "many axes": (file_of({"a": entry(0, 4, "F32", [1] * 1000)}, bytes(4)), "shape of `a`"),
    "a huge shape": (file_of({"a": entry(0, 4, "F32", [2**62, 2**62])}, bytes(4)), "bytes as"),
    "a wrapping shape": (file_of({"a": entry(0, 0, "F32", [2**62, 4])}), "bytes as"),
    "an empty endless shape": (file_of({"a": entry(0, 0, "F32", [0, 2**62])}), "shape of `a`"),
    "a range of a text": (file_of({"a": {**entry(0, 4), "data_offsets": "04"}}), "range of bytes"),
    "a range of three": (file_of({"a": {**entry(0, 4), "data_offsets": [0, 4, 8]}}), "range of"),
    "a range before it": (file_of({"a": {**entry(0, 4), "data_offsets": [-4, 0]}}), "range of"),
    "ranges backwards": (file_of({"a": entry(8, 4, "F32", [0])}, bytes(8)), "bytes as"),
    "overlap": (file_of({"a": entry(0, 8), "b": entry(4, 12)}, bytes(12)), "overlap"),
    "the same range": (file_of({"a": entry(0, 8), "b": entry(0, 8)}, bytes(8)), "overlap"),
    "a gap": (file_of({"a": entry(4, 8)}, bytes(8)), "gaps"),
    "beyond the end": (file_of({"a": entry(0, 400)}, bytes(4)), "its header wants"),
    "bytes left over": (file_of({"a": entry(0, 4)}, bytes(5)), "its header wants"),
    "facts of a list": (file_of({METADATA: {"netlang": "[]"}}), ""),
    "facts nested": (file_of({METADATA: {"netlang": "[" * 100_000}}), ""),
}


@pytest.mark.parametrize("name", FILES)
def test_weights_of_a_stranger(tmp_path: Path, name: str) -> None:
    content, why = FILES[name]
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(NetlangError) as caught:
        load_tensors(path)
    assert [each.code for each in caught.value.diagnostics] == ["E0735"]
    assert why in caught.value.diagnostics[0].message


def peak(action: Callable[[], object]) -> int:
    """The most memory that Python had for it, in bytes."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def refused(path: Path) -> None:
    with pytest.raises(NetlangError) as caught:
        load_tensors(path)
    assert caught.value.diagnostics[0].code == "E0735"


def sparse(path: Path, header: bytes, size: int) -> None:
    """A file that says it is huge and takes no room."""
    path.write_bytes(header)
    os.truncate(path, size)


def test_a_header_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    sparse(path, (1 << 33).to_bytes(8, "little"), 1 << 34)
    assert peak(lambda: refused(path)) < 1 << 20


def test_a_header_of_names_takes_a_multiple_of_its_length(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    names = ",".join(f'"{number:x}":{{}}' for number in range(350_000))
    text = f"{{{names}}}".encode()
    assert len(text) < LONGEST_HEADER
    path.write_bytes(file_of(text))
    assert peak(lambda: refused(path)) < 64 * LONGEST_HEADER


def test_a_tensor_of_gigabytes_is_not_read_before_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    size = 1 << 40
    text = json.dumps({"a": entry(0, size)}).encode()
    sparse(path, file_of(text), 8 + len(text) + size)

    def look() -> None:
        with opened(path) as file:
            assert file.entries["a"].shape == (size // 4,)

    assert peak(look) < 1 << 20


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "link.safetensors").symlink_to("/dev/zero")
    for path in tmp_path.iterdir():
        refused(path)


# --- checkpoints --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, torch.Tensor], Any]:
    """A run that ended; the tensors and facts of its newest checkpoint."""
    out = tmp_path_factory.mktemp("kept") / "run"
    run(out)
    with opened(sorted(out.glob("checkpoints/*"))[-1]) as file:
        tensors = {name: file.read(name) for name in file.entries}
        return out, tensors, json.loads(file.header.metadata["netlang"])


Change = Callable[[dict[str, torch.Tensor], Any], object]
CHANGES: dict[str, tuple[Change, str]] = {
    "of another run": (lambda t, f: f.update(run="0" * 64), "another run"),
    "without facts": (lambda t, f: f.clear(), "another run"),
    "without a fact": (lambda t, f: f.pop("watch"), "watch"),
    "a step that is a text": (lambda t, f: f.update(step="9"), "whole number"),
    "a negative step": (lambda t, f: f.update(step=-1), "whole number"),
    "a step that isn't a number": (lambda t, f: f.update(step=True), "whole number"),
    "scores of a list": (lambda t, f: f.update(best=[]), "table"),
    "no weights": (lambda t, f: [t.pop(k) for k in list(t) if "model/" in k], "lacks `model/"),
    "more weights": (lambda t, f: t.update({"model/x": torch.ones(1)}), "has `model/x`"),
    "other shapes": (
        lambda t, f: t.update({k: v.reshape(-1, 1) for k, v in t.items() if "model/" in k}),
        "of shape",
    ),
    "other types": (
        lambda t, f: t.update({k: v.double() for k, v in t.items() if "model/" in k}),
        "is F64",
    ),
    "no losses": (lambda t, f: t.pop("losses"), "lacks `losses`"),
    "a large optimizer": (
        lambda t, f: t.update({"optimizer/0/square_avg": torch.zeros(10_000)}),
        "of shape (10000,)",
    ),
    "an optimizer of more weights": (
        lambda t, f: t.update({"optimizer/99/step": torch.zeros(())}),
        "memory of weight 99",
    ),
    "an optimizer without numbers": (
        lambda t, f: t.update({"optimizer/x/step": torch.zeros(())}),
        "memory of weight x",
    ),
    "an optimizer that lacks something": (
        lambda t, f: t.pop("optimizer/0/square_avg"),
        "lacks `optimizer/0/square_avg`",
    ),
    "no averages": (lambda t, f: [t.pop(k) for k in list(t) if "averaged" in k], "averaged"),
    "random streams": (
        lambda t, f: t.update({"random/cpu": torch.zeros(7, dtype=torch.uint8)}),
        "not of this run",
    ),
    "large random streams": (
        lambda t, f: t.update({"random/cpu": torch.zeros(1 << 20, dtype=torch.uint8)}),
        "too large",
    ),
    "records of floats": (lambda t, f: t.update(records=torch.zeros(9)), "isn't a text"),
    "records of noise": (
        lambda t, f: t.update(records=torch.full((9,), 255, dtype=torch.uint8)),
        "codec",
    ),
    "records of lists": (
        lambda t, f: t.update(records=torch.tensor([*b"[1]"], dtype=torch.uint8)),
        "none",
    ),
    "more tensors": (lambda t, f: t.update(other=torch.zeros(9)), "has `other`"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_checkpoint_of_a_stranger(
    tmp_path: Path, kept: tuple[Path, dict[str, torch.Tensor], Any], name: str
) -> None:
    out, tensors, facts = kept
    change, why = CHANGES[name]
    tensors, facts = dict(tensors), json.loads(json.dumps(facts))
    change(tensors, facts)
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "run.json").write_bytes((out / "run.json").read_bytes())
    content = b"".join(encode(tensors, {"netlang": json.dumps(facts)}))
    path = folder / "checkpoints" / f"000000024-{digest_of([content])[:32]}.safetensors"
    path.write_bytes(content)
    with pytest.raises(NetlangError) as caught:
        run(folder)
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "E0796"
    assert why in diagnostic.message
    assert path.read_bytes() == content


def test_the_checkpoint_itself_is_taken(
    tmp_path: Path, kept: tuple[Path, dict[str, torch.Tensor], Any]
) -> None:
    """So that the refusals above are for the changes alone."""
    out, tensors, facts = kept
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "run.json").write_bytes((out / "run.json").read_bytes())
    content = b"".join(encode(tensors, {"netlang": json.dumps(facts)}))
    path = folder / "checkpoints" / f"000000024-{digest_of([content])[:32]}.safetensors"
    path.write_bytes(content)
    listener = Listener()
    assert run(folder, listener).finished
    assert any("is finished" in each for each in listener.said)


@pytest.mark.parametrize(
    "name", ["../../x.safetensors", "000000030-short.safetensors", "30-" + "0" * 32, "x"]
)
def test_other_files_among_the_checkpoints_are_left_alone(tmp_path: Path, name: str) -> None:
    run(tmp_path / "run")
    path = tmp_path / "run" / "checkpoints" / name
    path.write_text("mine")
    assert run(tmp_path / "run").finished
    assert path.read_text() == "mine"
