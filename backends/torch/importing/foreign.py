"""Runs code of a source, whatever it raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from netlang.diagnostics.errors import NetlangError

__all__ = ["foreign_code", "said_by"]


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
        name, said = type(error).__name__, said_by(error)
        raise refused(f"it raised {name}" + (f": {said}" if said != name else "")) from error


def said_by(error: BaseException) -> str:
    """The first line of what an exception says, or its class if it says nothing."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0]
