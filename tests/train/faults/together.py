"""One attempt at a run whose weights several processes share; a fault comes to one of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from torch._C._distributed_c10d import TCPStore
from torch.distributed import checkpoint, fsdp

from tests.train.faults.attempt import AtEvent, Report, apart, collected, live
from tests.train.faults.disk import Fault
from tests.train.faults.subject import ended, run_sharded, warm

__all__ = ["COUNT", "Together", "attempt_together", "join", "undisturbed"]

COUNT = 2
# They take a second to import, which each child would spend again.
_LOADED = (checkpoint, fsdp)


@dataclass(frozen=True)
class Together:
    """An undisturbed run: what it left, and what each process told."""

    files: dict[str, bytes]
    reports: list[Report]


def attempt_together(
    out: Path,
    faulty: int = 0,
    fault: Fault | None = None,
    prepare: Callable[[], None] | None = None,
    then: Callable[[], object] | None = None,
) -> list[Report]:
    """Begin or go on with the run in `out`; the fault comes to the process `faulty`.

    `prepare` changes all of them. Raises `RuntimeError` where one of them failed.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    children = []
    for rank in range(COUNT):
        told = out.with_name(f"{out.name}.{rank}.report")
        told.unlink(missing_ok=True)
        its, acts = (fault, then) if rank == faulty else (None, None)
        life = partial(_one, rank, store.port, out, told, its, prepare, acts)
        children.append((apart(life), told))
    return _collected(children)


def _collected(children: list[tuple[int, Path]]) -> list[Report]:
    """What all told: all of them have ended, whatever is wrong with one."""
    found: list[Report | RuntimeError] = []
    for child, told in children:
        try:
            found.append(collected(child, told))
        except RuntimeError as error:
            found.append(error)
    for each in found:
        if isinstance(each, RuntimeError):
            raise each
    return [each for each in found if isinstance(each, Report)]


def join(rank: int, count: int, port: int) -> None:
    """Say to this process what `torchrun` would."""
    os.environ |= {
        "RANK": str(rank), "WORLD_SIZE": str(count),
        "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
        # The store outlives every process, as that of `torchrun` does.
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    }  # fmt: skip


def _one(
    rank: int,
    port: int,
    out: Path,
    told: Path,
    fault: Fault | None,
    prepare: Callable[[], None] | None,
    then: Callable[[], object] | None,
) -> NoReturn:
    join(rank, COUNT, port)
    live(out, told, fault, prepare, then, run_sharded)


@cache
def undisturbed() -> Together:
    """The same for every trial in this process."""
    with TemporaryDirectory() as folder:
        warm(Path(folder, "warm"))
        # Events are counted in each of them.
        outs = [Path(folder, str(rank)) for rank in range(COUNT)]
        told = [attempt_together(out, rank, AtEvent(-1)) for rank, out in enumerate(outs)]
        return Together(ended(outs[0]), [told[rank][rank] for rank in range(COUNT)])
