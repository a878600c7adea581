"""Tar shards as WebDataset writes them, and others."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from webdataset import ShardWriter

from netlang.backends.torch.data.sets import Parts
from netlang.backends.torch.data.sources.shards import ShardImages
from tests.train.data.support import draw

__all__ = ["SHARDS", "png", "tar", "train", "write"]

SHARDS = 'shards("pets")'


def write(root: Path, part: str, count: int = 7, most: int = 3, **more: object) -> Path:
    """Shards as WebDataset writes them: drawn pictures of three classes in three formats."""
    root.mkdir(parents=True, exist_ok=True)
    with ShardWriter(str(root / f"{part}-%06d.tar"), maxcount=most, verbose=0) as writer:
        for number in range(count):
            ending = ("png", "jpg", "webp")[number % 3]
            content = io.BytesIO()
            draw(number).save(content, {"jpg": "JPEG"}.get(ending, ending))
            sample = {"__key__": f"a.b/sample{number:04d}", ending: content.getvalue()}
            writer.write(sample | {"cls": number % 3} | more)
    return root


def train(parts: Parts) -> ShardImages:
    assert isinstance(parts.train, ShardImages)
    return parts.train


def tar(path: Path, files: Mapping[str, bytes], format: int = tarfile.USTAR_FORMAT) -> Path:
    with tarfile.open(path, "w", format=format) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def png(seed: int = 1) -> bytes:
    content = io.BytesIO()
    draw(seed).save(content, "PNG")
    return content.getvalue()
