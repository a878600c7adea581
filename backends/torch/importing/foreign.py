"""Runs code of a source, whatever it raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile

from netlang.diagnostics.errors import NetlangError

__all__ = ["foreign_code", "said_by"]

_COLOR = re.compile(r"\x1b\[[\d;]*m")
_IN_A_LAYER = re.compile(r"Exception encountered when calling (.+?)\.?", re.DOTALL)
_MOST = 300


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
    """The first line of what an exception says, or its class if it says nothing.

    Keras's first line only says which layer it was computing, and the next ones say what is wrong.
    """
    lines = _COLOR.sub("", str(error)).strip().splitlines() or [type(error).__name__]
    found = _IN_A_LAYER.fullmatch(lines[0])
    if found is None:
        return lines[0]
    told = [line.strip() for line in takewhile(_is_no_argument, lines[1:]) if line.strip()]
    return f"{found[1]}: {' '.join(told)[:_MOST]}" if told else lines[0]


def _is_no_argument(line: str) -> bool:
    """Whether a line of Keras's stands before the list of what it was given."""
    return not line.startswith("Arguments received by")
