"""Standard output and error: what they can show, and whether in colour."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

__all__ = ["colour_wanted", "prepare_streams", "silence_output"]


def prepare_streams() -> None:
    """Let a character that the terminal lacks be escaped instead of ending the program.

    A stream that is closed reads nothing and drops what is written: no file that is opened later
    may come in its place.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _open_closed() -> None:
    """Put the null device in the place of streams that were closed when the process began."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def colour_wanted(stream: TextIO) -> bool:
    """Whether to write colour to `stream`: on a terminal, unless asked not to (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def silence_output() -> None:
    """Drop what is left of output that nobody takes: its reader has gone, or the disk is full."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, stream.fileno())
            os.close(nothing)
