"""Parses a text to its tree, or finds every mistake in it.

On exit, the file follows the grammar and the limits of `limits.py`.
"""

from __future__ import annotations

from netlang.source import Source
from netlang.syntax.ast import File
from netlang.syntax.lalr import Stuck, parse_part
from netlang.syntax.limits import MAX_CHARACTERS, Mistake

__all__ = ["parse"]


def parse(source: Source) -> File:
    """The tree of a whole file. Raises `BrokenText` with every mistake found."""
    if len(source.text) > MAX_CHARACTERS:
        from netlang.syntax.mistakes.explain import too_large

        raise too_large(source)
    try:
        file = parse_part(source, "file", int(source.text.startswith("\ufeff")), len(source.text))
    except (Stuck, Mistake):
        from netlang.syntax.recovery.reader import read_on

        raise read_on(source) from None
    assert isinstance(file, File)
    return file
