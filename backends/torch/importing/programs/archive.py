"""The archive of a program, which a stranger has made: its records by name, once checked."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, final
from zipfile import ZipFile, ZipInfo

from netlang.backends.torch.importing.diagnostics import ProgramNotTaken, ProgramUnreadable
from netlang.backends.torch.importing.foreign import said_by
from netlang.backends.weights.kinds import foreign
from netlang.backends.weights.pickles.records import require_stored, zip_records
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import FileNotFound
from netlang.records import Record
from netlang.regular import opened

__all__ = ["MOST_TEXT", "ProgramArchive", "not_taken", "opened_program", "parsed", "stored_records"]

# Of text: bytes, and objects and lists in it, each of which takes hundreds of bytes as Python's.
MOST_TEXT, _MOST_PARTS = 1 << 24, 1_000_000
_NAME = re.compile(r"[\w.-]+", re.ASCII)


@final
class ProgramArchive(Record, eq=False):
    """An archive with one program: its records, by their names in its folder."""

    path: str
    archive: ZipFile
    records: Mapping[str, ZipInfo]

    def json(self, name: str) -> Any:
        """What a record says. Raises `ValueError` if it isn't JSON, or is far too long."""
        return parsed(self.content(name, MOST_TEXT), f"its record `{name}`")

    def content(self, name: str, most: int) -> bytes:
        """The bytes of a record. Raises `ValueError` if it has more than `most`, or isn't there."""
        record = self.records.get(name)
        if record is None:
            raise ValueError(f"it has no record `{name[:100]}`")
        if record.file_size > most:
            raise ValueError(f"its record `{name[:100]}` has {record.file_size:,} bytes")
        return self.archive.read(record)

    def stored(self, folder: str, name: object) -> bytes:
        """The bytes of a record of a folder, called by a name alone."""
        if not isinstance(name, str) or not _NAME.fullmatch(name) or ".." in name:
            raise ValueError("it asks for a tensor by a name that no record has")
        record = self.records.get(f"{folder}/{name}")
        return self.content(f"{folder}/{name}", record.file_size if record is not None else 0)

    @property
    def program(self) -> str:
        """The name of the one program. Raises `NetlangError` if there are several."""
        found = [name for name in self.records if name.startswith("models/")]
        if len(found) == 1 and found[0].endswith(".json"):
            return found[0].removeprefix("models/").removesuffix(".json")
        raise not_taken(self.path, f"it has {len(found)} programs", "save one alone")


def not_taken(path: str, reason: str, advice: str) -> NetlangError:
    """The error of a program that no spec can be."""
    return NetlangError(ProgramNotTaken(span=None, path=path, reason=reason, advice=advice))


@contextmanager
def opened_program(path: Path) -> Iterator[ProgramArchive]:
    """The archive at a path; inside, each `ValueError` becomes a `NetlangError` that says so."""
    shown = str(path)
    with stored_records(path, "torch.export.save") as (archive, records):
        found = dict(_in_folder(records))
        _refuse_code(shown, found)
        made = ProgramArchive(shown, archive, found)
        _refuse_format(made)
        yield made


@contextmanager
def stored_records(path: Path, writer: str) -> Iterator[tuple[ZipFile, list[ZipInfo]]]:
    """The records of an archive as `writer` makes one, none of which is compressed.

    Inside, each `ValueError` becomes a `NetlangError` that says so.
    """
    try:
        with opened(path) as file:
            other = foreign(path)
            if other is not None:
                raise ValueError(f"it is {other}")
            with zip_records(file) as (archive, records):
                require_stored(file, records)
                yield archive, records
    except FileNotFoundError:
        raise NetlangError(FileNotFound(span=None, path=str(path), advice="")) from None
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else None
        reason = (said or said_by(error))[:300]
        raise NetlangError(
            ProgramUnreadable(span=None, path=str(path), reason=reason, wanted=writer)
        ) from None


def parsed(content: bytes, what: str) -> Any:
    """JSON. Raises `ValueError` if it isn't, or has far too many parts; `what` is its name."""
    if content.count(b"{") + content.count(b"[") > _MOST_PARTS:
        raise ValueError(f"{what} has more than {_MOST_PARTS:,} parts")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError(f"{what} isn't JSON") from None


def _in_folder(records: list[ZipInfo]) -> Iterator[tuple[str, ZipInfo]]:
    """The records by name without the folder that each lies in."""
    names = {each.filename.casefold() for each in records}
    if len(names) < len(records):
        raise ValueError("two of its records have one name")
    folders = {each.filename.partition("/")[0] for each in records}
    if len(folders) > 1:
        raise ValueError("its records lie in several folders, or in none")
    for each in records:
        parts = PurePosixPath(each.filename).parts
        if each.filename[:1] in "/\\" or ".." in parts or "\\" in each.filename:
            raise ValueError(f"its record `{each.filename[:100]}` would lie outside of it")
        if stat.S_ISLNK(each.external_attr >> 16):
            raise ValueError(f"its record `{each.filename[:100]}` is a link")
        if each.flag_bits & 1:
            raise ValueError("its records are encrypted")
        yield each.filename.partition("/")[2], each


def _refuse_code(shown: str, records: Mapping[str, ZipInfo]) -> None:
    """Refuse archives with compiled code, and with pickles of what isn't a tensor."""
    for name in records:
        compiled = name.startswith(("data/aotinductor/", "data/executorch/", "extra/aoti"))
        if compiled or name.endswith((".so", ".dll", ".dylib", ".pyd")):
            raise not_taken(shown, f"it has compiled code: `{name[:100]}`",
                            "save the program of `torch.export.export` itself")  # fmt: skip
        if name.startswith("data/constants/") and name.rpartition("/")[2].startswith(
            ("custom_obj", "opaque_obj")
        ):
            raise not_taken(shown, f"`{name[:100]}` is a pickle, which could run any code",
                            "a program with tensors alone has none")  # fmt: skip


def _refuse_format(found: ProgramArchive) -> None:
    """Refuse an archive that isn't of the format that is read here."""
    old = any(name.startswith("serialized_") for name in found.records)
    if old or "code" in {name.partition("/")[0] for name in found.records}:
        what = "TorchScript" if not old else "PyTorch before 2.8"
        advice = "write it with `torch.export.save` of PyTorch 2.8 or newer"
        raise not_taken(found.path, f"it is a file of {what}", advice)
    if found.content("archive_format", 64).strip() != b"pt2":
        raise ValueError("it isn't an archive of torch.export")
    if found.content("byteorder", 64).strip() != b"little":
        raise ValueError("its numbers are in another order of bytes")
