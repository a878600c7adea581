"""Runs code of a source, whatever it raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from netlang.diagnostics.errors import NetlangError

__all__ = ["foreign_code"]


@contextmanager
def foreign_code(refused: Callable[[str], NetlangError]) -> Iterator[None]:
    """Inside, code of a source is run. What it raises becomes an error that says so.

    Ending the process is no way to succeed either; only Ctrl-C does what it always does.
    """
    try:
        yield
    except (NetlangError, KeyboardInterrupt):
        raise
    except BaseException as error:
        lines = str(error).strip().splitlines()
        name = type(error).__name__
        raise refused(f"it raised {name}: {lines[0]}" if lines else f"it raised {name}") from error
