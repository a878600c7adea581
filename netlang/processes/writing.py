"""What the system refuses to write in the folder of a run or search is an error for its user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import RunUnwritable

__all__ = ["writing"]


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Inside, errors of the system become errors that name `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise NetlangError(RunUnwritable(span=None, path=str(path), reason=reason)) from error
