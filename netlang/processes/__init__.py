"""The place of this process among several, from environment variables as `torchrun` sets them."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from netlang.diagnostics.errors import NetlangError

__all__ = [
    "count_of_processes",
    "count_on_this_host",
    "how_to_start",
    "is_first",
    "local_rank",
    "one_voice",
    "rank",
]


def count_of_processes() -> int:
    """The number of processes that work together, on all hosts."""
    return _number("WORLD_SIZE", 1)


def rank() -> int:
    """The number of this one among them, from 0."""
    return _number("RANK", 0)


def local_rank() -> int:
    """The number of this one among those of this host, from 0."""
    return _number("LOCAL_RANK", 0)


def count_on_this_host() -> int:
    """How many of them this host has."""
    return _number("LOCAL_WORLD_SIZE", count_of_processes())


def how_to_start(devices: Sequence[str]) -> str:
    """What to type for a process on each of these devices, in place of what started this one."""
    kind, count = devices[0].partition(":")[0], len(devices)
    numbers = [device.partition(":")[2] for device in devices]
    torchrun = ["torchrun", "--nproc-per-node", str(count)]
    some = "" if numbers == list(map(str, range(count))) else ",".join(numbers).strip(",")
    before = f"CUDA_VISIBLE_DEVICES={some} " if some and kind == "cuda" else ""
    program = Path(sys.argv[0])
    if program.stem == "netlang" or program.parts[-2:] == ("netlang", "__main__.py"):
        words = [*torchrun, "-m", "netlang", *_without_device(sys.argv[1:]), "--device", kind]
        return f"start it as `{before}{shlex.join(words)}`"
    script = sys.argv[0] if program.suffix == ".py" and program.exists() else "script.py"
    shown = f"{before}{shlex.join([*torchrun, script])}"
    return f"give `device={kind!r}` in a script, and start that as `{shown}`"


def _without_device(words: Sequence[str]) -> Iterator[str]:
    """The words of a command line without the option for devices."""
    for before, word in zip(("", *words), words, strict=False):
        if "--device" not in (before, word) and not word.startswith("--device="):
            yield word


def is_first() -> bool:
    """Whether this is the process that prints and writes."""
    return rank() == 0


@contextmanager
def one_voice() -> Iterator[None]:
    """Inside, an error that all processes of a host share is shown only by the first one."""
    try:
        yield
    except NetlangError:
        if local_rank() != 0:
            raise SystemExit(1) from None
        raise


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default
