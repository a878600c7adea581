"""Reading `.net` files, and finding those of the bundled library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.files import (
    FileNotFound,
    FileNotUtf8,
    FileTooLarge,
    FileUnreadable,
    IsADirectory,
    NotANetFile,
)
from netlang.elaborate.suggest import nearest
from netlang.source import Source
from netlang.syntax.limits import MAX_CHARACTERS

__all__ = ["bundled_definitions", "bundled_files", "bundled_folder", "bundled_name", "read"]

_DEFINITION = re.compile(r"^(net|block|train)\s+([A-Za-z_]\w*)", re.MULTILINE)


def read(path: Path, shown: str | None = None) -> Source:
    """The text of a `.net` file, called `shown` in messages; raises `NetlangError`."""
    shown = shown or str(path)
    if path.suffix != ".net":
        raise NetlangError(NotANetFile(span=None, path=shown))
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise NetlangError(IsADirectory(span=None, path=shown))
        if size > MAX_CHARACTERS:
            limit = f"at most {MAX_CHARACTERS // 2**20} MiB"
            error = FileTooLarge(span=None, path=shown, size=f"{size / 2**20:.0f} MiB", limit=limit)
            raise NetlangError(error)
        text = path.read_text(encoding="utf-8")
        if "\0" in text:
            raise NetlangError(FileUnreadable(span=None, path=shown, reason="it is no text file"))
        return Source(shown, text)
    except FileNotFoundError:
        raise NetlangError(FileNotFound(span=None, path=shown, advice=_advice(path))) from None
    except UnicodeDecodeError as error:
        byte = f"0x{error.object[error.start]:02x}"
        raise NetlangError(
            FileNotUtf8(span=None, path=shown, offset=error.start, byte=byte)
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NetlangError(FileUnreadable(span=None, path=shown, reason=reason)) from None


def _advice(path: Path) -> str:
    folder = path.parent
    beside = [other.name for other in folder.glob("*.net")] if folder.is_dir() else []
    match = nearest(path.name, beside)
    if match:
        return f"did you mean `{folder / match}`?"
    return "a bundled net is named without a path: `netlang list` shows them"


@cache
def bundled_folder() -> Path:
    """Where the bundled library lies."""
    import netlang.specs

    return Path(netlang.specs.__path__[0])


@cache
def bundled_files() -> dict[str, Path]:
    """The files of the bundled library by their dotted name: ``resnet``, ``blocks.residual``."""
    folder = bundled_folder()
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts): path
        for path in sorted(folder.rglob("*.net"))
    }


def bundled_name(dotted: str) -> str:
    """What messages call a bundled file: ``specs/resnet.net``, wherever it is installed."""
    return f"specs/{dotted.replace('.', '/')}.net"


@cache
def bundled_definitions() -> tuple[tuple[str, str, str], ...]:
    """Every bundled ``(kind, name, file)``: found by the text, so that nothing else is parsed."""
    return tuple(
        (kind, name, file)
        for file, path in bundled_files().items()
        for kind, name in _definitions(path.read_text(encoding="utf-8"))
    )


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    for match in _DEFINITION.finditer(text):
        yield match.group(1), match.group(2)
