"""Reads `.net` files, and finds those of the bundled library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from stat import S_ISDIR

from netlang import diagnostics
from netlang.diagnostics.errors import NetlangError
from netlang.regular import kind_of, read_bytes
from netlang.source import Source
from netlang.syntax.ast import File
from netlang.syntax.limits import MAX_CHARACTERS
from netlang.syntax.parser import parse

__all__ = [
    "KEPT", "block_owner", "bundled_definitions", "bundled_files", "bundled_folder", "bundled_name",
    "forget_parsed", "not_a_spec", "of_content", "of_text", "parsed", "read", "too_large",
]  # fmt: skip

# Characters of the largest text that is cached with its tree.
KEPT = 2**16

_DEFINITION = re.compile(r"\n(net|block|train)\s+([A-Za-z_]\w*)")


def read(path: Path, shown: str | None = None) -> Source:
    """The text of a `.net` file, called `shown` in messages. Raises `NetlangError`."""
    shown = shown or str(path)
    if path.suffix != ".net":
        raise not_a_spec(path, shown)
    try:
        found = path.stat()
        if S_ISDIR(found.st_mode):
            raise NetlangError(diagnostics.IsADirectory(span=None, path=shown))
        if kind := kind_of(found.st_mode):
            raise NetlangError(diagnostics.NotAFile(span=None, path=shown, kind=kind))
        content = b"" if found.st_size > MAX_CHARACTERS else read_bytes(path, MAX_CHARACTERS)
        if found.st_size > MAX_CHARACTERS or len(content) > MAX_CHARACTERS:
            raise too_large(max(found.st_size, len(content)), shown)
        return of_content(content, shown)
    except FileNotFoundError:
        raise NetlangError(
            diagnostics.FileNotFound(span=None, path=shown, advice=_advice(path))
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NetlangError(
            diagnostics.FileUnreadable(span=None, path=shown, reason=reason)
        ) from None


def of_content(content: bytes, shown: str) -> Source:
    """The bytes of a file as its text. Raises `NetlangError`."""
    try:
        text = _text(content)
    except UnicodeDecodeError as error:
        byte = f"0x{error.object[error.start]:02x}"
        raise NetlangError(
            diagnostics.FileNotUtf8(span=None, path=shown, offset=error.start, byte=byte)
        ) from None
    except ValueError as error:
        raise NetlangError(
            diagnostics.FileUnreadable(span=None, path=shown, reason=str(error))
        ) from None
    return (_kept_source if len(text) <= KEPT else Source)(shown, text)


def _text(content: bytes) -> str:
    """The text of a file with line feeds as line ends. Raises `ValueError` for invalid text."""
    text = content.decode("utf-8")
    if "\0" in text:
        raise ValueError("it isn't a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def too_large(size: int, shown: str) -> NetlangError:
    """The error for a file of so many bytes."""
    limit = f"at most {MAX_CHARACTERS // 2**20} MiB"
    return NetlangError(
        diagnostics.FileTooLarge(span=None, path=shown, size=f"{size / 2**20:.0f} MiB", limit=limit)
    )


def of_text(text: str, shown: str = "<string>") -> Source:
    """A text as the text of a file. Raises `NetlangError` for what no file can have."""
    try:
        content = text.encode("utf-8")
        if len(content) > MAX_CHARACTERS:
            raise too_large(len(content), shown)
        return Source(shown, _text(content))
    except UnicodeEncodeError as error:
        reason = f"character {error.start} is half of a surrogate pair"
        raise NetlangError(
            diagnostics.FileUnreadable(span=None, path=shown, reason=reason)
        ) from None
    except ValueError as error:
        raise NetlangError(
            diagnostics.FileUnreadable(span=None, path=shown, reason=str(error))
        ) from None


_IMPORTED = frozenset((".keras", ".onnx", ".pt2"))
_WEIGHTS = frozenset((".bin", ".ckpt", ".h5", ".pt", ".pth", ".safetensors"))


def not_a_spec(path: Path, shown: str) -> NetlangError:
    """The error for a file, which may exist, with another suffix."""
    advice = f": {_instead(path, shown)}" if path.is_file() else ""
    return NetlangError(diagnostics.NotANetFile(span=None, path=shown, advice=advice))


def _instead(path: Path, shown: str) -> str:
    """What to do with a file of another kind."""
    suffix, stem = path.suffix.lower(), path.stem
    if suffix in _IMPORTED:
        return f"make one of this with `netlang import {shown} -o {stem}.net`"
    if suffix == ".py":
        return f"make one of a module in this with `netlang import {stem}:MODEL -o {stem}.net`"
    if suffix in _WEIGHTS:
        return f"this has weights alone, which `--weights {shown}` gives to a spec"
    named = path.with_suffix("")  # `a.net.txt`, as browsers save a text
    return f"rename it to `{named if named.suffix == '.net' else path.with_suffix('.net')}`"


def parsed(source: Source) -> File:
    """The tree of a file. Raises `NetlangError`.

    Trees never change, and those of the last texts are cached, since loading one net after another
    reads the same files each time. The files are read each time, so none is out of date.
    """
    return _kept_tree(source) if len(source.text) <= KEPT else parse(source)


_kept_source = lru_cache(maxsize=64)(Source)
_kept_tree = lru_cache(maxsize=64)(parse)


def forget_parsed() -> None:
    """Clear the cache of texts and trees, as at the start of a process."""
    _kept_source.cache_clear()
    _kept_tree.cache_clear()


def _advice(path: Path) -> str:
    from netlang.advice.similar import nearest  # only here: an error

    folder = path.parent
    beside = [other.name for other in folder.glob("*.net")] if folder.is_dir() else []
    match = nearest(path.name, beside)
    if match:
        return f"did you mean `{folder / match}`?"
    return "a bundled net is named without a path: `netlang list` shows them"


@cache
def bundled_folder() -> Path:
    """The folder of the bundled library. Raises `NetlangError` if netlang isn't installed."""
    try:
        import netlang.specs
    except ModuleNotFoundError:
        raise NetlangError(_not_installed()) from None
    return Path(netlang.specs.__path__[0])


def _not_installed() -> diagnostics.BrokenInstallation:
    """The error in a checkout, where `python -m netlang` finds the package without its parts."""
    root = Path(__file__).parents[2]
    return diagnostics.BrokenInstallation(
        span=None,
        package="netlang",
        reason=f"Python takes it from the folder `{root}`, a checkout that isn't installed",
        command=f"`pip install -e {root}`, or call it from another folder",
    )


@cache
def bundled_files() -> dict[str, Path]:
    """The files of the bundled library by their dotted name: ``resnet``, ``blocks.residual``."""
    folder = bundled_folder()
    above = len(folder.parts)
    return {
        ".".join((*path.parts[above:-1], path.stem)): path for path in sorted(folder.rglob("*.net"))
    }


def bundled_name(dotted: str) -> str:
    """The name of a bundled file in messages: ``specs/resnet.net``, wherever it is installed."""
    return f"specs/{dotted.replace('.', '/')}.net"


@cache
def bundled_definitions() -> tuple[tuple[str, str, str], ...]:
    """Every bundled ``(kind, name, file)``, found in the text without parsing."""
    return tuple(
        (kind, name, file)
        for file, path in bundled_files().items()
        for kind, name in _definitions(path.read_text(encoding="utf-8"))
    )


def block_owner(name: str) -> str | None:
    """The bundled file to import a block of several words from, if just one has it.

    Blocks of one word have names that mean something else in other files: `head`, `shared`.
    """
    if "_" not in name:
        return None
    owners = [file for kind, each, file in bundled_definitions() if (kind, each) == ("block", name)]
    meant = [file for file in owners if file.startswith("blocks.")] or owners
    return meant[0] if len(meant) == 1 else None


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    for match in _DEFINITION.finditer(f"\n{text}"):
        yield match.group(1), match.group(2)
