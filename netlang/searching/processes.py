"""Several processes that work on one search, each on one trial at a time.

They share nothing but what is kept of the search. A process whose parent is gone stops as if it had
been asked to: it writes a checkpoint and ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import FileIO, RawIOBase
from pathlib import Path
from typing import final

import msgspec

from netlang.diagnostics.errors import NetlangError
from netlang.processes.signals import caught_signals
from netlang.recipes.places import Places
from netlang.records import Record
from netlang.searching.aim import Aim
from netlang.searching.question import Question
from netlang.searching.shared.places import sharing_of
from netlang.searching.shared.sharing import SearchPlace, Sharing
from netlang.searching.working import Machine, TrialWorker
from netlang.targets import training_backend

__all__ = ["Order", "main", "work_in_processes"]

_STOPPED = 128
_PROGRAM = ("-m", "netlang.searching.processes")


@final
class Order(Record):
    """What a process is told to do."""

    spec: str
    changes: tuple[str, ...]
    place: SearchPlace
    places: dict[str, str]
    device: str | None
    workers: int | None
    aim: Aim = Aim()


def work_in_processes(
    question: Question, sharing: Sharing, machines: Sequence[Machine], look: Callable[[], None]
) -> int | Machine:
    """Work on a search with a process for each machine; `look` is called now and then.

    Returns the signal that stopped them, when all have written their checkpoints. Otherwise the
    search may not be over, if a process was killed or came upon an error: carrying on in this
    process, with the machine that is returned, shows which.
    """
    children: list[subprocess.Popen[bytes]] = []
    with caught_signals() as caught:
        try:
            for machine in machines:
                children.append(_started(question, sharing.place, machine, len(machines)))
            while not caught and any(child.poll() is None for child in children):
                if any(0 < (child.poll() or 0) < _STOPPED for child in children):
                    break
                look()
                time.sleep(sharing.look_every)
        finally:
            _end(children)
            look()
    if caught:
        return caught[0]
    for child, machine in zip(children, machines, strict=True):
        if 0 < child.returncode < _STOPPED:
            return machine  # the others were asked to stop because of it
    stopped = (child.returncode - _STOPPED for child in children if child.returncode > _STOPPED)
    return next(stopped, machines[0])


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """Let every process write its checkpoint and end."""
    for child in children:
        assert child.stdin is not None
        with suppress(OSError):
            child.stdin.close()
    for child in children:
        child.wait()


def _started(
    question: Question, place: SearchPlace, machine: Machine, count: int
) -> subprocess.Popen[bytes]:
    order = Order(
        question.spec,
        question.changes,
        place,
        {name: str(path) for name, path in machine.places.given.items()},
        machine.device,
        machine.workers,
        question.aim,
    )
    # The cores are shared out: more threads than cores would only be in each other's way.
    threads = str(max(1, (os.cpu_count() or 1) // count))
    with _without_ctrl_c():
        child = subprocess.Popen(
            [sys.executable, *_PROGRAM],
            stdin=subprocess.PIPE,
            env={"OMP_NUM_THREADS": threads, **os.environ},
        )
    assert child.stdin is not None
    child.stdin.write(msgspec.json.encode(order) + b"\n")
    child.stdin.flush()
    return child


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Inside, Ctrl-C waits. A process that is started never gets it: its parent stops it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def main(told: RawIOBase | None = None) -> int:
    """Carry out the order that is `told`, or that on standard input, as long as that is open."""
    # Without a buffer, whose lock a thread that waits for the end would keep.
    source = told or FileIO(0, closefd=False)
    order = msgspec.json.decode(source.readline(), type=Order)
    if told is None:
        threading.Thread(target=_stop_with_parent, args=(source,), daemon=True).start()
    places = Places({name: Path(path) for name, path in order.places.items()})
    try:
        sharing = sharing_of(order.place)
        asked = sharing.asked()
        if asked is None:
            return 1
        question = Question(order.spec, order.changes, asked.plan, order.aim)
        machine = Machine(places, order.device, order.workers)
        backend = training_backend()
        number = TrialWorker(question, sharing, machine, backend).work()
    except NetlangError:
        return 1  # the parent comes upon it too, and says it
    except KeyboardInterrupt:
        return _STOPPED + signal.SIGINT
    return 0 if number is None else _STOPPED + number


def _stop_with_parent(source: RawIOBase) -> None:
    while source.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
