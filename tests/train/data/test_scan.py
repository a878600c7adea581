"""Which images are damaged: found by reading all of them once, and not again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from netlang.backends.torch.data.images import EncodedImages
from netlang.backends.torch.data.scan import cache_file, damaged
from tests.train.data.support import draw, load, pictures


def part(root: Path) -> EncodedImages:
    found = load(root, 'image_folder("pets")').train
    assert isinstance(found, EncodedImages)
    return found


def test_files_are_read_again_when_they_changed(tmp_path: Path) -> None:
    images = part(pictures(tmp_path, ("train",)))
    said: list[str] = []
    assert damaged(images, tmp_path, said.append) == {}
    assert len(said) == 1
    assert damaged(images, tmp_path, said.append) == {}
    assert len(said) == 1
    Path(images.name(2)).write_bytes(b"nonsense")
    assert damaged(images, tmp_path, said.append) == {2: "it isn't an image of a known format"}
    assert "among 1 of" in said[-1]
    assert damaged(images, tmp_path, said.append) == {2: "it isn't an image of a known format"}
    draw(4).save(images.name(2))
    assert damaged(images, tmp_path, said.append) == {}
    assert len(said) == 3


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 and so on"])
def test_a_damaged_cache_is_written_anew(tmp_path: Path, content: bytes) -> None:
    images = part(pictures(tmp_path, ("train",)))
    file = cache_file(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert damaged(images, tmp_path) == {}
    with np.load(file, allow_pickle=False) as kept:
        assert len(kept["keys"]) == len(images)


def test_without_a_place_for_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = part(pictures(tmp_path / "pets", ("train",)))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    Path(images.name(1)).write_bytes(b"")
    assert list(damaged(images, tmp_path)) == [1]


def test_what_was_found_before_an_interruption_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = part(pictures(tmp_path, ("train",), each=20))
    monkeypatch.setattr("netlang.backends.torch.data.scan._CHUNK", 4)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    verify = EncodedImages.verify

    def interrupted(self: EncodedImages, number: int) -> None:
        if number == 30:
            raise KeyboardInterrupt
        verify(self, number)

    monkeypatch.setattr(EncodedImages, "verify", interrupted)
    with pytest.raises(KeyboardInterrupt):
        damaged(images, tmp_path)
    monkeypatch.setattr(EncodedImages, "verify", verify)
    said: list[str] = []
    damaged(images, tmp_path, said.append)
    assert "among 12 of" in said[0]


def test_the_answer_is_the_same_for_any_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = part(pictures(tmp_path, ("train",), each=20))
    for number in (3, 17, 31):
        content = Path(images.name(number)).read_bytes()
        Path(images.name(number)).write_bytes(content[: len(content) // 2])
    monkeypatch.setattr("netlang.backends.torch.data.scan._CHUNK", 3)
    found = []
    for threads in (1, 7):
        monkeypatch.setattr(os, "cpu_count", lambda threads=threads: threads)
        cache_file(tmp_path).unlink(missing_ok=True)
        found.append(damaged(images, tmp_path))
    assert list(found[0]) == [3, 17, 31]
    assert found[0] == found[1]


def test_processes_at_once_read_each_file_once(tmp_path: Path) -> None:
    images = part(pictures(tmp_path, ("train",), each=10))
    said: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: damaged(images, tmp_path, said.append), range(4)))
    assert len(said) == 1
