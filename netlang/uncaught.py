"""Shortens uncaught spec errors in Python: without the compiler's frames.

An error in a spec has nothing to do with the compiler's inside, so the traceback ends at the line
that asked for the net. With `NETLANG_TRACEBACK=1` it is complete. IPython asks the error itself
(`NetlangError._render_traceback_`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar
from warnings import warn

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError, NetlangWarning

__all__ = ["ends_at_the_caller", "warn_the_caller"]

P = ParamSpec("P")
T = TypeVar("T")


def ends_at_the_caller(function: Callable[P, T]) -> Callable[P, T]:
    """End the traceback of an uncaught `NetlangError` where `function` was called."""

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except NetlangError:
            # Only now, so that nobody's hook is touched by an import.
            if not isinstance(sys.excepthook, _Hook) and not os.environ.get("NETLANG_TRACEBACK"):
                sys.excepthook = _Hook(sys.excepthook)
            raise

    return called


def warn_the_caller(found: Diagnostic | str) -> None:
    """Give a `NetlangWarning` at the line outside of this package that asked for something."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warn(NetlangWarning(found), stacklevel=level)


def _is_ours(name: str) -> bool:
    return name == "netlang" or name.startswith("netlang.")


Show = Callable[[type[BaseException], BaseException, TracebackType | None], object]


class _Hook:
    """Calls the previous hook for uncaught exceptions, with spec errors cut to the caller."""

    def __init__(self, before: Show) -> None:
        self._before = before

    def __call__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if isinstance(error, NetlangError):
            _cut(trace)
            error.__cause__, error.__suppress_context__ = None, True
        self._before(kind, error, trace)


def _cut(trace: TracebackType | None) -> None:
    """End a traceback before the first frame of this package."""
    while trace is not None and trace.tb_next is not None:
        name = trace.tb_next.tb_frame.f_globals.get("__name__", "")
        if _is_ours(name):
            trace.tb_next = None
        trace = trace.tb_next
