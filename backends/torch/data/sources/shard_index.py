"""The index of a shard: the place of each image, the key of its sample, and its label.

WebDataset's own rule (`group_by_keys`) decides which files belong to a sample; it is given places
in the file instead of contents. Indexes are kept in the user's cache, keyed by path, size and
modification time.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from netlang.atomic import replace_file
from netlang.backends.torch.data.names import PathList, shown
from netlang.backends.torch.data.scan import cache_folder
from netlang.backends.torch.data.sources.files import DataRefused, require_ordinary
from netlang.backends.torch.data.sources.tar import members
from netlang.targets import needs

__all__ = ["ShardIndex", "shard_index"]

_IMAGES = ("jpg", "jpeg", "png", "webp", "ppm", "pgm", "bmp", "tif", "tiff")
_META = re.compile(r"__[^/]*__($|/)")  # WebDataset's own files
_LONGEST_LABEL = 1 << 20

Place: TypeAlias = tuple[int, int]


@final
@dataclass(frozen=True, eq=False)
class ShardIndex:
    """The samples of a shard: keys, places of the images, labels as written."""

    keys: PathList
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    labels: NDArray[np.str_]


def shard_index(path: Path) -> ShardIndex:
    """The index of a shard, from the cache if the file is unchanged. Raises `DataRefused`."""
    facts = os.stat(path)
    identity = f"{path.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}"
    file = cache_folder() / f"shard-{sha256(os.fsencode(identity)).hexdigest()[:32]}.npz"
    found = _read(file)
    if found is None:
        found = _read_index(path)
        _write(file, found)
    return found


def _read_index(path: Path) -> ShardIndex:
    keys: list[str] = []
    places: list[Place] = []
    labels: list[str] = []
    require_ordinary(path)
    with path.open("rb") as file:
        for sample in _samples(file, str(path)):
            key = str(sample["__key__"])
            image = next((sample[ending] for ending in _IMAGES if ending in sample), None)
            if image is None:
                continue
            keys.append(key)
            places.append(_place(image))
            labels.append(_label(file, key, sample))
    offsets, sizes = np.array(places, np.int64).reshape(-1, 2).T
    return ShardIndex(PathList.of(keys), offsets, sizes, np.array(labels, np.str_))


def _samples(file: IO[bytes], path: str) -> Iterator[dict[str, object]]:
    """Samples by WebDataset's rule: for each file ending, the place of that file."""
    with needs("shards"):
        from webdataset.tariterators import group_by_keys
    places = (
        {"fname": each.name, "data": (each.offset, each.size), "__url__": path}
        for each in members(file)
        if not _META.match(each.name)
    )
    try:
        yield from group_by_keys(places)
    except ValueError as error:
        # Two files of one name; WebDataset appends details to its message.
        raise DataRefused(str(error.args[0])) from None


def _place(value: object) -> Place:
    assert isinstance(value, tuple)
    return value


def _label(file: IO[bytes], key: str, sample: dict[str, object]) -> str:
    """The label of a sample as text."""
    here = file.tell()
    try:
        if "cls" in sample:
            return _content(file, key, sample["cls"]).decode("utf-8").strip()
        if "json" in sample:
            found = json.loads(_content(file, key, sample["json"]))
            label = found.get("label", found.get("cls")) if isinstance(found, dict) else None
            if isinstance(label, int | str) and not isinstance(label, bool):
                return str(label)
    except (ValueError, RecursionError) as error:
        raise DataRefused(f"the label of `{shown(key)}` can't be read: {error}") from None
    finally:
        file.seek(here)
    raise DataRefused(f"`{shown(key)}` has no label: neither `.cls`, nor `label` in `.json`")


def _content(file: IO[bytes], key: str, value: object) -> bytes:
    offset, size = _place(value)
    if size > _LONGEST_LABEL:
        raise DataRefused(f"the label of `{shown(key)}` has {size:,} bytes")
    file.seek(offset)
    return file.read(size)


def _read(file: Path) -> ShardIndex | None:
    """The cached index; None if there is none or it is invalid."""
    try:
        with np.load(BytesIO(file.read_bytes()), allow_pickle=False) as kept:
            keys = PathList(kept["block"].tobytes(), kept["ends"])
            return ShardIndex(keys, kept["offsets"], kept["sizes"], kept["labels"])
    except Exception:
        return None


def _write(file: Path, index: ShardIndex) -> None:
    content = BytesIO()
    np.savez_compressed(
        content,
        block=np.frombuffer(index.keys.block, np.uint8),
        ends=index.keys.ends,
        offsets=index.offsets,
        sizes=index.sizes,
        labels=index.labels,
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, content.getvalue())
    except OSError:
        # Without a cache the next run reads the headers again.
        return
