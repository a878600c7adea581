"""CIFAR as it is published, as Python 2 and Python 3 wrote it."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.data.sources.inert import read_inert
from tests.train.data.cifar import (
    EACH,
    VERSIONS,
    batch_of_python_2,
    binary_files,
    meta_of_python_2,
    numbers,
    pack,
    pickled,
    pixels,
    require_right,
    short,
    write,
)
from tests.train.data.support import load, refusal


@pytest.mark.parametrize("version", VERSIONS)
def test_cifar10(tmp_path: Path, version: str) -> None:
    folder, archive, files = VERSIONS[version]
    places = [
        write(tmp_path / "a", files()),
        write(tmp_path / "b" / folder, files()).parent,
        pack(tmp_path / archive, folder, files()),
        pack(tmp_path / "cifar (1).tar.gz", folder, files()),
    ]
    for place in (*places, tmp_path):
        require_right(load(place, "cifar10", name="cifar10"))


def test_what_python_2_wrote_is_read_as_pickle_reads_it() -> None:
    content = batch_of_python_2(3)
    expected = pickle.loads(content, encoding="bytes")  # our own bytes
    found = read_inert(content)
    assert isinstance(found, dict)
    assert found.keys() == expected.keys()
    assert np.array_equal(found.pop(b"data"), expected.pop(b"data"))
    assert found == expected
    assert read_inert(meta_of_python_2()) == pickle.loads(meta_of_python_2(), encoding="bytes")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_what_python_3_writes_is_read_as_pickle_reads_it(protocol: int) -> None:
    values = {
        "labels": [1, 2, 300, 70000], "names": ["bird", b"cat", ""], "pair": (1, 2), "share": 0.5,
        "more": (1, 2, 3, 4), "none": None, "yes": True, "no": False, "deep": [[1], {"a": ()}],
    }  # fmt: skip
    assert read_inert(pickle.dumps(values, protocol)) == values
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    if protocol == 5:
        return  # numpy has other calls for it, which no published file has
    for order in (array, np.asfortranarray(array)):
        found = read_inert(pickle.dumps({"data": order}, protocol))
        assert isinstance(found, dict)
        assert np.array_equal(found["data"], array)


@pytest.mark.parametrize("kind", ["fine", "coarse"])
@pytest.mark.parametrize("version", ["python", "binary"])
def test_cifar100(tmp_path: Path, kind: str, version: str) -> None:
    fine = [(7 * n) % 100 for n in range(EACH)]
    coarse = [n % 20 for n in fine]
    names = {"fine": [f"f{n}" for n in range(100)], "coarse": [f"c{n}" for n in range(20)]}
    if version == "python":
        entries = short(b"fine_labels") + numbers(fine) + short(b"coarse_labels") + numbers(coarse)
        files = {"train": pickled(1, entries), "test": pickled(2, entries)}
        meta = {f"{key}_label_names": value for key, value in names.items()}
        files["meta"] = pickle.dumps(meta, 2)
    else:
        rows = [
            b"".join(
                bytes([c, f]) + row.tobytes() for c, f, row in zip(coarse, fine, p, strict=True)
            )
            for p in (pixels(1), pixels(2))
        ]
        files = {"train.bin": rows[0], "test.bin": rows[1]}
        files |= {f"{k}_label_names.txt": "\n".join(v).encode() for k, v in names.items()}
    write(tmp_path / f"cifar-100-{version}", files)
    parts = load(tmp_path, f"cifar100(labels={kind})", name="cifar100")
    assert parts.classes == tuple(names[kind])
    assert isinstance(parts.train, Tensors)
    assert parts.train.targets["label"].tolist() == {"fine": fine, "coarse": coarse}[kind]
    assert np.array_equal(parts.train.inputs[0].numpy(), pixels(1).reshape(-1, 3, 32, 32))


def test_nothing_there(tmp_path: Path) -> None:
    code, text = refusal(tmp_path, "cifar10", name="cifar10")
    assert code == "E0781"
    assert "cifar-10-python.tar.gz" in text


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    place = pack(tmp_path / "cifar.tar.gz", "mnist", {"train": b""})
    code, text = refusal(place, "cifar10", name="cifar10")
    assert code == "E0784"
    assert "it has no `data_batch_1.bin` or `data_batch_1`" in text


def test_a_missing_batch(tmp_path: Path) -> None:
    files = binary_files()
    del files["data_batch_4.bin"]
    code, text = refusal(write(tmp_path, files), "cifar10", name="cifar10")
    assert code == "E0784"
    assert "data_batch_4.bin` can't be read: it is missing" in text
