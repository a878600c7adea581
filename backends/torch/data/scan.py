"""Finds the damaged images of a data set once, before its images are numbered.

So the numbers of the others never change, and no score counts an image twice in place of a damaged
one. Findings are kept in the user's cache, keyed by path, size and modification time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np

from netlang.atomic import replace_file
from netlang.backends.torch.data.images import EncodedImages, reason, strict
from netlang.backends.torch.data.sets import Images
from netlang.diagnostics.texts import visible

__all__ = ["cache_file", "cache_folder", "damaged"]

_CHUNK = 256
_LONGEST_REASON = 200


def damaged(
    images: Images, root: Path, say: Callable[[str], None] = lambda _: None
) -> Mapping[int, str]:
    """The numbers of the images that can't be decoded, with the reasons.

    `root` is the location of the data set. Of several processes, the first scans and the others
    wait.
    """
    if not isinstance(images, EncodedImages):
        # Opened by another package, so nothing identifies the file.
        return {n: why for n, why in _checked(images, list(range(len(images)))) if why}
    keys = np.array([_key(images, n) for n in range(len(images))], np.uint64)
    file = cache_file(root)
    with _locked(file):
        known = _read(file)
        new = [n for n in range(len(images)) if int(keys[n]) not in known]
        if new:
            say(visible(f"looking for damaged images among {len(new):,} of {root}"))
        try:
            for n, why in _checked(images, new):
                known[int(keys[n])] = why
        finally:
            if new:
                _write(file, known)
    found = {n: known[int(key)] for n, key in enumerate(keys)}
    return {n: why for n, why in found.items() if why}


def cache_file(root: Path) -> Path:
    """The cache file with the findings about a data set."""
    name = sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return cache_folder() / f"images-{name}.npz"


def cache_folder() -> Path:
    """The user's cache folder for what can be recomputed."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "netlang"


def _key(images: EncodedImages, number: int) -> int:
    try:
        identity = images.identity(number)
    except OSError:
        identity = f"{images.name(number)} can't be found"
    digest = sha256(os.fsencode(identity)).digest()
    return int.from_bytes(digest[:8], "little")


def _checked(images: Images, numbers: list[int]) -> Iterator[tuple[int, str]]:
    """For each image the reason why it can't be read, or ""; Pillow decodes in many threads."""
    chunks = [numbers[start : start + _CHUNK] for start in range(0, len(numbers), _CHUNK)]

    def check(chunk: list[int]) -> list[tuple[int, str]]:
        return [(number, _flaw(images, number)) for number in chunk]

    with strict(), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for found in pool.map(check, chunks):
                yield from found
        finally:
            pool.shutdown(cancel_futures=True)


def _flaw(images: Images, number: int) -> str:
    try:
        if isinstance(images, EncodedImages):
            images.verify(number)
        else:
            images.image(number).load()
    except MemoryError:
        raise
    except Exception as error:
        # Pillow raises various exceptions for damaged files.
        return reason(error)[:_LONGEST_REASON]
    return ""


def _read(file: Path) -> dict[int, str]:
    """The cached findings; none if the file is missing or invalid, and will be rewritten."""
    try:
        with np.load(BytesIO(file.read_bytes()), allow_pickle=False) as kept:
            keys, whys = kept["keys"], kept["whys"]
            return dict(zip(keys.tolist(), map(str, whys.tolist()), strict=True))
    except Exception:
        return {}


def _write(file: Path, known: Mapping[int, str]) -> None:
    content = BytesIO()
    keys = np.fromiter(known, np.uint64, len(known))
    np.savez_compressed(content, keys=keys, whys=np.array(list(known.values()), np.str_))
    try:
        replace_file(file, content.getvalue())
    except OSError:
        # Without a cache the next run looks again.
        return


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Exclusive access among processes; no lock where the system has none."""
    try:
        import fcntl

        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.with_suffix(".lock").open("w")
    except (ImportError, OSError):
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
