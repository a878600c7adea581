"""Identifies a file that was given as weights but is something else.

A failed download leaves a web page or a pointer in place of a checkpoint. That is reported here,
before a parser fails somewhere inside the file.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from pathlib import Path

from netlang.regular import kind_of, opened

__all__ = ["ZIP", "foreign", "require_file"]

ZIP = b"PK\x03\x04"
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # how torch.save began files before
_POINTER = b"version https://git-lfs.github.com/spec/"

# What a file is, by its first bytes.
_STARTS = (
    (_POINTER, "a Git LFS pointer, not the file that it stands for: `git lfs pull` fetches that"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (b"BZh", "compressed with bzip2: unpack it first"),
    (b"\xfd7zXZ\x00", "compressed with xz: unpack it first"),
    (b"\x93NUMPY", "an array of NumPy"),
)


def require_file(path: Path) -> None:
    """Raise `ValueError` with the reason if `path` can't be read as a file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        last = path.with_name("last.safetensors")
        beside = f"; a run without a validation part leaves `{last}`"
        kept = path.name == "best.safetensors" and last.is_file()
        raise ValueError(f"no such file{beside if kept else ''}") from None
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
    except ValueError:
        raise ValueError("no such file") from None  # a null byte in the name
    if kind := kind_of(mode):
        raise ValueError(f"it is {kind}{_of_a_run(path)}")


def _of_a_run(path: Path) -> str:
    """The weights in the folder of a run, as the end of a reason; empty for anything else."""
    for name in ("best.safetensors", "last.safetensors"):
        if (path / name).is_file():
            return f", of a run whose weights are `{path / name}`"
    return ""


def foreign(path: Path) -> str | None:
    """What the file is, if its first bytes show that it has no weights; else None.

    Raises `ValueError` if it can't be opened.
    """
    try:
        with opened(path) as file:
            start = file.read(512)
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
    if not start:
        return "an empty file"
    for signature, text in _STARTS:
        if start.startswith(signature):
            return text
    if start[257:262] == b"ustar":
        return "a tar archive: unpack it first"
    return _misnamed(path.suffix, start) or _text(start)


def _misnamed(suffix: str, start: bytes) -> str | None:
    """What weights are whose suffix is that of the other kind; else None."""
    if suffix == ".safetensors":
        by_torch = start.startswith((ZIP, _LEGACY))
        return "a file as torch.save writes them: its suffix should be `.pth`" if by_torch else None
    # The header's length, and the header; that of a small file leaves the higher bytes empty.
    if start[4:8] == bytes(4) and start[8:].lstrip().startswith(b'{"'):
        return "a safetensors file: its suffix should be `.safetensors`"
    return None


def _text(start: bytes) -> str | None:
    """`a web page` or `a text` for bytes that a person could read; else None."""
    if any(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in start):
        return None
    try:
        text = getincrementaldecoder("utf-8")().decode(start)  # the last character may be cut
    except UnicodeDecodeError:
        return None
    opening = text.lstrip("\ufeff \t\r\n").lower()
    if opening.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "a web page (HTML): the address gave a page in place of the file"
    return "a text"
