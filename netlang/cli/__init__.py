"""The command line: `main` finds the verb, runs it and turns every failure into text and a status.

A verb is one module of this package with a function `command() -> click.Command`; it is imported
only when its verb is asked for, or for the overview of all.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["VERBS", "main"]

# Verb and module, in the order of the overview.
VERBS: dict[str, str] = {
    "check": "netlang.cli.check",
    "fmt": "netlang.cli.format",
    "summary": "netlang.cli.summary",
    "explain": "netlang.cli.explain",
    "expand": "netlang.cli.expand",
    "compile": "netlang.cli.compile",
    "draw": "netlang.cli.draw",
    "train": "netlang.cli.train",
    "eval": "netlang.cli.evaluate",
    "predict": "netlang.cli.predict",
    "list": "netlang.cli.listing",
    "rule": "netlang.cli.rule",
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command; never returns and never shows a traceback."""
    from netlang.cli.failures import guarded
    from netlang.cli.program import run
    from netlang.cli.terminal import prepare_streams

    prepare_streams()
    given = tuple(sys.argv[1:] if arguments is None else arguments)
    sys.exit(guarded(lambda: run(given)))
