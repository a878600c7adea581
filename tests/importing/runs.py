"""What the long runs of imports share: a line for each net, a log to go on from, and counts.

With ``--log FILE`` each line is kept, and a run goes on behind those that are in the file;
``--again`` tries the ones that failed anew.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from netlang.diagnostics.errors import NetlangError

__all__ = ["Told", "finish", "named", "options", "survey", "tokens"]

# Whether a net was imported, and its figures or what is missing.
Told: TypeAlias = tuple[bool, str]


def options(parser: argparse.ArgumentParser) -> None:
    """The options of a long run."""
    parser.add_argument("--names", default="", help="only these")
    parser.add_argument("--log", type=Path, help="keep the lines in this file, and go on from it")
    parser.add_argument("--again", action="store_true", help="try again what failed in the log")
    parser.add_argument("--most", type=float, default=math.inf, help="millions of weights of a net")


def named(asked: argparse.Namespace, every: Callable[[float], Sequence[str]]) -> Sequence[str]:
    """The names that were asked for, or those of all nets of at most so many weights."""
    return asked.names.split(",") if asked.names else every(asked.most * 1e6)


def survey(
    names: Sequence[str],
    one: Callable[[str], Told],
    asked: argparse.Namespace,
    *kind: str,
) -> dict[str, Told]:
    """How each net goes, which is printed and logged as it is found, and how it went in the log.

    `one` imports the net of a name. It raises `NetlangError` if it can't be imported. Runs of
    several kinds share a log.
    """
    found = _logged(asked.log, kind)
    left = [name for name in names if name not in found or (asked.again and not found[name][0])]
    for name in left:
        started = time.perf_counter()
        ok, told = found[name] = _tried(name, one)
        seconds = time.perf_counter() - started
        print(f"{'ok' if ok else '--'}  {name:36} {told} ({seconds:.0f} s)", flush=True)
        if asked.log is not None:
            with asked.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps([*kind, name, ok, told]) + "\n")
    return {name: found[name] for name in names}


def finish(found: dict[str, Told]) -> NoReturn:
    """Print how many were imported, and end with 1 if some weren't."""
    good = sum(ok for ok, _ in found.values())
    print(f"{good} of {len(found)} imported")
    sys.exit(good < len(found))


def tokens(text: str) -> int:
    """The number of words, numbers and marks of a text."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def _logged(log: Path | None, kind: tuple[str, ...]) -> dict[str, Told]:
    """What is in the log: for each net of this kind, how it last went."""
    lines = log.read_text(encoding="utf-8").splitlines() if log is not None and log.exists() else []
    rows = [json.loads(line) for line in lines]
    return {name: (ok, told) for *of, name, ok, told in rows if tuple(of) == kind}


def _tried(name: str, one: Callable[[str], Told]) -> Told:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return one(name)
        except NetlangError as error:
            first = error.diagnostics[0]
            why = "; ".join([first.message, *first.rows])
            return False, re.sub(r"\s+", " ", why)[:400]
        except Exception as error:  # a traceback is a fault of ours, and counted
            return False, f"fault: {type(error).__name__}: {error}"[:400]
