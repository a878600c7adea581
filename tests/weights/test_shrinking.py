"""Files of weights that are cut off while they are read: an error, never the end of the process."""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from netlang.backends.torch.run.execute import instance
from netlang.backends.torch.run.weights import filled
from netlang.backends.torch.train.storage import save_tensors
from netlang.backends.weights import initial, read_weights, slots
from netlang.backends.weights.header import parse_header
from netlang.backends.weights.mapped import MappedFile
from netlang.build import BuildOptions, Fit
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program

CNN = load_program("cnn")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    save_file({slot.key: initial(slot, 1) for slot in slots(CNN)}, path)
    return path


def cut(path: Path) -> None:
    assert path.stat().st_size > 1 << 14
    os.truncate(path, 100)  # before the values


def test_while_the_module_is_made(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*arguments: Any, **options: Any) -> Any:
        cut(weights)
        return instance(*arguments, **options)

    monkeypatch.setattr("netlang.backends.torch.run.weights.instance", made)
    state = filled(CNN, BuildOptions(weights=weights)).state_dict()
    for slot in slots(CNN):
        assert np.array_equal(state[slot.key].numpy(), initial(slot, 1))


def test_before_the_values_are_copied(weights: Path) -> None:
    kept = {slot.key: initial(slot, 1) for slot in slots(CNN)[1:]}
    save_file(kept, weights)
    options = BuildOptions(weights=weights, fit=Fit(partial=True))
    with pytest.raises(OSError, match=r"w\.safetensors was cut off"):
        filled(CNN, options, tell=lambda _: cut(weights))


def test_before_its_bytes_are_compared_with_its_digest(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_tensors(weights, {"w": torch.ones(1 << 16)}, {})
    assert list(read_weights(weights)) == ["w"]

    def parsed(*arguments: Any) -> Any:
        cut(weights)
        return parse_header(*arguments)

    monkeypatch.setattr("netlang.backends.weights.files.parse_header", parsed)
    with pytest.raises(NetlangError, match="was cut off while it was read"):
        read_weights(weights)


@pytest.mark.parametrize("content", [b"\xff" * 20, b"\xff" * 5, bytes(20)])
def test_a_file_that_is_refused_is_closed(
    content: bytes, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.write_bytes(content)
    files: list[MappedFile] = []

    def mapped(path: Path) -> MappedFile:
        files.append(MappedFile(path))
        return files[0]

    monkeypatch.setattr("netlang.backends.weights.files.MappedFile", mapped)
    with pytest.raises(NetlangError) as kept:
        read_weights(weights)
    assert kept.value.diagnostics[0].code == "E0922"
    assert files[0].bytes.closed


def maps_together() -> bool:
    """Whether the system maps the pages of a range when it is asked to, as Linux since 5.14."""
    try:
        mmap.mmap(-1, mmap.PAGESIZE).madvise(22)
    except (OSError, ValueError):
        return False
    return sys.platform == "linux" and Path("/proc/self/smaps").exists()


# Only such a system shows it; what is read is the same on every one, which the other tests hold.
@pytest.mark.skipif(not maps_together(), reason="Linux before 5.14, or another system")
@pytest.mark.parametrize("piece", [4096, 1 << 22])
@pytest.mark.parametrize(
    ("size", "begin", "mapped"),
    [(0, 8192, 0), (0, 8000, 1), (8192, 0, 2), (5, 8190, 1), (9000, 1, 2), (8192, 4096, 1)],
)
def test_the_pages_of_a_range_are_mapped(
    size: int, begin: int, mapped: int, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of an empty one at the end of the file, where none is, and of one beyond it."""
    monkeypatch.setattr("netlang.backends.weights.mapped._PIECE", piece)
    path = tmp_path / "w"
    path.write_bytes(bytes(8192))
    file = MappedFile(path)
    assert pages(path) == 0
    file.about_to_read(size, begin)
    assert pages(path) in (mapped, 2)  # the system may map what is beside
    os.truncate(path, 4096)
    file.map(0, 8192)
    with pytest.raises(OSError, match="was cut off"):
        file.about_to_read(size, begin)


def pages(path: Path) -> int:
    """The pages of a file that are mapped into this process."""
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    assert any(line.endswith(str(path)) for line in lines)
    found = next(line for line in lines if line.startswith("Rss:"))
    return int(found.split()[1]) // 4
