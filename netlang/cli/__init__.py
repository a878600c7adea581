"""The command line: `main` runs a verb and turns every failure into text and an exit status.

Each verb is a module of `netlang.cli.verbs`, which is imported only for that verb or for the
overview of all verbs.
"""

from __future__ import annotations

import gc
import sys

# Verbs that run long enough for the collection of unused cycles to pay off. What other
# commands make is nearly all in use when they end, and visiting it takes a tenth of their time.
_LONG = frozenset(("train", "search", "eval", "predict"))
# Nothing that takes a while is imported before `main` watches for Ctrl-C.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import NoReturn

    from netlang.cli.interrupts import Interrupts

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command. Never returns and never shows a traceback.

    Without `arguments`, it is the command of the process, which ends with it.
    """
    try:
        if arguments is None and not _LONG.intersection(sys.argv[1:2]):
            gc.set_threshold(0)
        from netlang.cli.interrupts import Interrupts

        interrupts = Interrupts()
        interrupts.watch()
        try:
            given = sys.argv[1:] if arguments is None else arguments
            status = _status(interrupts, tuple(given), of_process=arguments is None)
        finally:
            interrupts.end(of_process=arguments is None)
    except KeyboardInterrupt:
        status = 130
    if arguments is None:
        gc.freeze()  # the process ends: going through all that it holds once more frees nothing
    sys.exit(status)


def _status(interrupts: Interrupts, arguments: tuple[str, ...], *, of_process: bool) -> int:
    """The exit status of a command."""
    from netlang.cli.failures import guarded
    from netlang.cli.terminal import prepare_streams

    prepare_streams()
    return guarded(lambda: _run(arguments, of_process), interrupts)


def _run(arguments: tuple[str, ...], of_process: bool) -> int:
    from netlang.cli.program import run

    overview = not arguments or arguments[0].startswith("-")
    if of_process and not overview and not {"-h", "--help"}.intersection(arguments):
        _load_msgspec()
    return run(arguments)


def _load_msgspec() -> None:
    """Import msgspec as if `typing_extensions` were missing, which saves 2 to 3 ms of each start.

    Python's own `typing` has everything that msgspec looks for in it.
    """
    from contextlib import suppress
    from importlib import import_module
    from typing import cast

    name = "typing_extensions"
    if name not in sys.modules:
        sys.modules[name] = cast("ModuleType", None)  # an import of it fails, as it should
        with suppress(ImportError):  # a msgspec that can't do without is imported as it wishes
            import_module("msgspec")
        del sys.modules[name]
