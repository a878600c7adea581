"""Failures of a command: text on standard error and an exit status.

1: the user's spec, file or argument is invalid. 2: wrong usage of the command. 70: a bug of ours.
From 128 on, as in shells: 130 interrupted (Ctrl-C), 143 and 138 stopped by SIGTERM and SIGUSR1, 129
by a closed terminal, 141 the reader of the output went away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from netlang.cli.interrupts import Interrupts
from netlang.cli.terminal import colour_wanted, silence_output
from netlang.diagnostics.errors import InternalError, NetlangError

if TYPE_CHECKING:
    from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "BROKEN_PIPE",
    "INTERNAL",
    "INTERRUPTED",
    "REFUSED",
    "STOPPED",
    "USAGE",
    "guarded",
    "show",
]

REFUSED = 1
USAGE = 2
INTERNAL = 70
STOPPED = 128
"""Added to the number of the signal."""
INTERRUPTED = 130
BROKEN_PIPE = 141


def show(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics to standard error; nothing if there are none."""
    if not diagnostics:
        return
    from netlang.diagnostics.many import limited
    from netlang.diagnostics.render.text import render_text

    colour = colour_wanted(sys.stderr)
    texts = (render_text(diagnostic, color=colour) for diagnostic in limited(diagnostics))
    print("\n\n".join(texts), file=sys.stderr)


def guarded(action: Callable[[], int], interrupts: Interrupts | None = None) -> int:
    """The exit status of `action`, whatever happens in it or to the output.

    An interruption that was recorded counts, whatever became of it. One that comes while the last
    of the output is written is left to the caller.
    """
    interrupts = interrupts or Interrupts()
    try:
        status = _outcome(action, interrupts)
        sys.stdout.flush()
        sys.stderr.flush()
        return INTERRUPTED if interrupts.noted else status
    except BrokenPipeError:
        silence_output()
        return BROKEN_PIPE
    except OSError as error:
        return _system_failure(error)


def _outcome(action: Callable[[], int], interrupts: Interrupts) -> int:
    """The exit status of `action`. Raises if the output can't be written."""
    try:
        return action()
    except NetlangError as error:
        if not interrupts.noted:
            show(error.diagnostics)
        return REFUSED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError:
        raise
    except MemoryError as error:
        print(f"error: there is not enough memory for that: {error}", file=sys.stderr)
        return REFUSED
    except Exception as error:
        return INTERRUPTED if interrupts.noted else _bug(error)


def _system_failure(error: OSError) -> int:
    """The system refused something that no verb expected, such as writing to a full disk."""
    from netlang.diagnostics.texts import visible

    where = f": `{visible(str(error.filename))}`" if error.filename else ""
    with suppress(OSError):  # standard error may be what is full
        print(f"error: {error.strerror or error}{where}", file=sys.stderr, flush=True)
    silence_output()
    return REFUSED


def _bug(error: Exception) -> int:
    from netlang.diagnostics.texts import visible

    if os.environ.get("NETLANG_TRACEBACK"):
        from traceback import print_exception

        print_exception(error)
    text = str(error) if isinstance(error, InternalError) else f"{type(error).__name__}: {error}"
    print(f"internal error: {visible(text)}", file=sys.stderr)
    print(f"  at {_place(error.__traceback__)}", file=sys.stderr)
    if not isinstance(error, InternalError):
        print(
            "This is a bug in netlang, not in your spec: please report it with the spec and the"
            " command.",
            file=sys.stderr,
        )
    print("With NETLANG_TRACEBACK=1 the command shows the details for the report.", file=sys.stderr)
    return INTERNAL


def _place(trace: TracebackType | None) -> str:
    """The innermost line of ours that the error came through."""
    place = "the start"
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("netlang"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
