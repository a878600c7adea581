"""A list of written files with their sizes and hashes, as JSON.

It says what was written, and whoever has it can tell whether a file is that, whole and unchanged.
It isn't signed: that takes a key, and there are tools that keep them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from hashlib import file_digest
from pathlib import Path

from netlang.atomic import end_of_links, replace_file
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import WriteFailed

__all__ = ["write_manifest"]


def write_manifest(path: Path, files: Iterable[Path]) -> None:
    """Write the manifest of `files` to `path`. Raises `NetlangError` if that fails.

    Files are named from the manifest's folder on. The same files give the same bytes.
    """
    from netlang import __version__

    try:
        end = end_of_links(path)
        entries = [_entry(each, end.parent) for each in files]
        content = {"writer": f"netlang {__version__}", "files": entries}
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        # Bytes in a file's name that aren't UTF-8 are escapes, which JSON has too.
        replace_file(end, text.encode("utf-8", "backslashreplace"), flushed=False)
    except OSError as error:
        raise NetlangError(WriteFailed.of(path, error)) from error


def _entry(file: Path, folder: Path) -> dict[str, str | int]:
    with file.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
        size = content.tell()
    name = Path(os.path.relpath(file, folder)).as_posix()
    return {"file": name, "bytes": size, "sha256": digest}
