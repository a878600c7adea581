"""What may happen to a checkpoint in a folder."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

__all__ = ["a_file", "cut", "flips", "gone", "linked", "of_another", "outside"]


def flips(folder: Path) -> Iterator[tuple[Path, int]]:
    """Some bits of each file, those of the ends and of the headers among them."""
    generator = random.Random(3)
    for path in sorted(folder.iterdir()):
        last = 8 * path.stat().st_size - 1
        yield from ((path, bit) for bit in (0, 70, last))
        yield from ((path, generator.randrange(last)) for _ in range(20))


def cut(path: Path) -> None:
    shard = path / "shard-00002-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-8])


def gone(path: Path) -> None:
    (path / "shard-00001-of-00002.safetensors").unlink()


def linked(path: Path) -> None:
    shard = path / "shard-00001-of-00002.safetensors"
    shard.rename(path.parent / "elsewhere")
    shard.symlink_to(path.parent / "elsewhere")


def outside(path: Path) -> None:
    manifest = path / "manifest.json"
    manifest.write_text(manifest.read_text().replace("shard-00001-of", "../shard-00001-of"))


def of_another(path: Path) -> None:
    (other,) = [each for each in path.parent.iterdir() if each != path]
    name = "shard-00002-of-00002.safetensors"
    (path / name).write_bytes((other / name).read_bytes())


def a_file(path: Path) -> None:
    rmtree(path)
    path.write_bytes(b"{}")
