"""Lets the processes started by `torchrun` meet, and end together with one message."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from signal import SIGTERM

import torch
from torch import distributed
from torch._C._distributed_c10d import BarrierOptions, PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from netlang import processes
from netlang.backends.torch.train.interrupt import outliving_one
from netlang.backends.torch.train.world import Connection, World
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.processes import ProcessLost

__all__ = ["joined"]

# Nothing that one process does while others wait takes this long, such as writing a checkpoint.
_PATIENCE = timedelta(hours=1)
_MEETINGS = count()


@contextmanager
def joined() -> Iterator[World]:
    """Inside, the processes that were started together are connected; a single one needs nothing.

    An error in one of them ends all. It is raised in the process where it occurred; the others
    raise `SystemExit`, as there is no more to report.
    """
    if processes.count_of_processes() == 1:
        yield World()
        return
    # The module keeps the group that it finds when it is loaded, which training would do later.
    import torch._dynamo

    store, rank, size = next(rendezvous("env://", timeout=_PATIENCE))
    # One after the other: a script may train several times.
    store = PrefixStore(f"netlang/{next(_MEETINGS)}", store)
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
        store=PrefixStore("connections", store),
        rank=rank,
        world_size=size,
        timeout=_PATIENCE,
    )
    with _one_message(store), outliving_one(SIGTERM):
        connection = Connection(distributed.new_group(backend="gloo", timeout=_PATIENCE))
        yield World(rank, size, connection)
        _part(connection)


def _part(connection: Connection) -> None:
    """End the connections, and the threads behind them.

    A thread of gloo may hold the tensors of the last message slightly longer than its sender waits.
    If the interpreter exits at that moment, PyTorch aborts the process
    (github.com/pytorch/pytorch/issues/190489). A group waits for its threads when nothing refers to
    it any more: a model that was trained does, in a circle with its own parts, and so do the
    layouts of sharded weights that PyTorch has kept.
    """
    assert connection.group is not None
    _drain_gloo(connection.group)
    distributed.destroy_process_group()
    connection.group = None
    torch._C._clear_DTensor_sharding_propagator_cache()
    gc.collect()


def _drain_gloo(control: distributed.ProcessGroup) -> None:
    """Wait until all processes arrive here and the last messages are through.

    A barrier has no tensors and takes a round of messages, during which the threads continue.
    Tensors on the CPU go through gloo on hosts with GPUs too, so the main-memory backends of both
    groups are used.
    """
    world = distributed.group.WORLD
    assert world is not None
    options = BarrierOptions()
    options.device = torch.device("cpu")
    for group in (control, world) * 2:
        group.barrier(opts=options).wait()


@contextmanager
def _one_message(store: Store) -> Iterator[None]:
    """Inside, the first process that fails reports why; then the others' connections break."""
    try:
        yield
    except NetlangError:
        if not _first_to_speak(store):
            raise SystemExit(1) from None
        raise
    except RuntimeError as error:
        lost = _of_connections(error)
        if not _first_to_speak(store) and lost:
            raise SystemExit(1) from None
        if lost:
            what = str(error).strip().splitlines()[0]
            raise NetlangError(ProcessLost(span=None, what=what)) from None
        raise
    except BaseException:
        _first_to_speak(store)
        raise


def _first_to_speak(store: Store) -> bool:
    """Whether no process has reported yet why the run ends; marks it as reported."""
    try:
        return int(store.add("spoken", 1)) == 1
    except RuntimeError:
        # The process that holds the store is gone, and said nothing that could be known here.
        return True


def _of_connections(error: RuntimeError) -> bool:
    """Whether an error says that another process can no longer be reached."""
    if isinstance(error, distributed.DistBackendError | distributed.DistNetworkError):
        return True
    text = str(error)
    return "gloo" in text or "Connection closed by peer" in text or "Connection reset" in text
