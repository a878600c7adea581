"""Which names of a file are imported by files beside it and in the folder above.

Only texts are searched, and only if something seems to be unused: besides its own nets, a file may
have blocks for others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["imported_elsewhere"]

# A list ends before the next one begins, so that no text is visited again for each open one.
_IMPORT = re.compile(
    r"^from[ \t]+(?P<file>[\w.]+)[ \t]+import[ \t]+(?P<names>\([^()]*\)|[^\n(]*)", re.MULTILINE
)
_COMMENT = re.compile(r"#[^\n]*")
_NAME = re.compile(r"(\w+)(?:[ \t]+as[ \t]+\w+)?")

_MOST_FILES = 500
_LARGEST = 2**20
"""The most files that are read in each folder, and bytes of one."""


def imported_elsewhere(module: Module) -> frozenset[str]:
    """The names that other files import from this one."""
    folder = module.folder
    if folder is None:
        return frozenset()
    own, folder = Path(module.name), folder.resolve()
    beside = _imported(folder, own.stem, own.name)
    above = _imported(folder.parent, f"{folder.name}.{own.stem}", "")
    return frozenset((*beside, *above))


def _imported(folder: Path, dotted: str, own: str) -> Iterator[str]:
    """What the other files of a folder import with `from dotted import ...`."""
    for path in islice(sorted(folder.glob("*.net")), _MOST_FILES):
        if path.name == own:
            continue
        for match in _IMPORT.finditer(_COMMENT.sub("", _text(path))):
            if match["file"] == dotted:
                yield from (name[1] for name in _NAME.finditer(match["names"]))


def _text(path: Path) -> str:
    """The text of a file; "" if it can't be read, which then imports nothing."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
