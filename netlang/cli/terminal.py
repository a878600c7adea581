"""Standard output and error: what they can show, and whether in colour."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

__all__ = ["colour_wanted", "prepare_streams", "silence_output"]


def prepare_streams() -> None:
    """Let a character that the terminal lacks be escaped instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def colour_wanted(stream: TextIO) -> bool:
    """Whether to write colour to `stream`: on a terminal, unless asked not to (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def silence_output() -> None:
    """Drop what is left of standard output, whose reader has gone."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
