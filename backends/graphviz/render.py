"""Renders DOT text as pictures and writes files atomically.

Graphviz comes with the pygraphviz wheel, or is the system's `dot`, called through the package
graphviz. Either runs in a process of its own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from netlang.atomic import replace_file
from netlang.backends.graphviz.diagnostics import GraphvizFailed, GraphvizMissing
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import UnknownSuffix, WriteFailed

__all__ = ["FORMATS", "format_of", "render_dot", "write"]

FORMATS: Final = ("svg", "png", "pdf", "dot")
_SECONDS: Final = 120
_RESOLUTION: Final = 144


def format_of(path: Path) -> str:
    """The format that a file's suffix names."""
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise NetlangError(UnknownSuffix(span=None, path=str(path), available=known))
    return suffix


def render_dot(text: str, picture: str) -> bytes:
    """DOT text rendered as a picture. The same text gives the same bytes."""
    if picture == "dot":
        return text.encode("utf-8")
    command = _command(picture)
    try:
        done = subprocess.run(
            command,
            input=text.encode("utf-8"),
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(picture, str(error)) from error
    if done.returncode != 0 or not done.stdout:
        message = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = message[-1] if message else f"it ended with status {done.returncode}"
        raise _failed(picture, reason)
    return _undated(done.stdout) if picture == "pdf" else done.stdout


def _undated(content: bytes) -> bytes:
    """A PDF without its creation time. The length stays the same, and with it every offset."""
    return re.sub(rb"(/CreationDate \(D:)\d{14}", rb"\g<1>20000101000000", content)


def _command(picture: str) -> list[str]:
    by_wheel = find_spec("pygraphviz") is not None
    by_system = find_spec("graphviz") is not None and shutil.which("dot") is not None
    if not by_wheel and not by_system:
        raise NetlangError(GraphvizMissing(span=None, format=picture))
    worker = Path(__file__).with_name("worker.py")
    return [sys.executable, "-P", str(worker), picture, str(_dpi(picture))]


def _dpi(picture: str) -> int:
    """Dots per inch: print quality for pixel formats, Graphviz's own unit for all others."""
    return _RESOLUTION if picture == "png" else 72


def _failed(picture: str, reason: str) -> NetlangError:
    return NetlangError(GraphvizFailed(span=None, format=picture, reason=reason))


def write(path: Path, content: bytes) -> None:
    """Writes a file atomically: whole or not at all."""
    try:
        replace_file(path, content, flushed=False)
    except OSError as error:
        raise NetlangError(WriteFailed.of(path, error)) from error
