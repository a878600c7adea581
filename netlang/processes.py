"""The place of this process among several, from environment variables as `torchrun` sets them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from netlang.diagnostics.errors import NetlangError

__all__ = [
    "command",
    "count_of_processes",
    "count_on_this_host",
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


def command(count: int) -> str:
    """The command that starts `count` of them on one host."""
    return f"torchrun --nproc-per-node {count} -m netlang train ..."


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
