"""Standard output and error: which characters they can show, and whether in colour."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

__all__ = ["colour_wanted", "prepare_streams", "silence_output"]


def prepare_streams() -> None:
    """Escape characters that the terminal lacks, rather than end the program.

    Streams that are closed read nothing and discard output, so that no file opened later takes
    their place.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _open_closed() -> None:
    """Replace streams that were closed at the start of the process by the null device."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def colour_wanted(stream: TextIO) -> bool:
    """Whether to write colour to `stream`: if it is a terminal, unless disabled (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def silence_output() -> None:
    """Discard pending output that can't be written: its reader is gone, or the disk is full."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, stream.fileno())
            os.close(nothing)
