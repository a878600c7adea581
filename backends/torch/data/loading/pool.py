"""Processes that do one kind of work and answer in the order of the tasks.

They ignore Ctrl-C and SIGTERM, which a terminal or scheduler sends to a whole process group; their
parent decides. When the parent is gone, for whatever reason, they end too.
"""

from __future__ import annotations

import atexit
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar, cast, final

import torch

from netlang.backends.torch.data.loading.failure import Failure, attempt, given, refusal
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.workers import WorkerEnded

__all__ = ["DEPTH", "Pool"]

T = TypeVar("T")
R = TypeVar("R")

# Tasks per worker at a time: one in progress, one waiting.
DEPTH = 2
_PATIENCE = 1.0


@final
class Pool(Generic[T, R]):
    """`count` processes that do `work`; with a count of 0, this process does it on demand.

    `work`, tasks and answers must be picklable, and answers small. An error of the work is raised
    here as if it had happened here. Raises `NetlangError` if processes can't be started.
    """

    def __init__(self, work: Callable[[T], R], count: int) -> None:
        self._work = work
        self._workers: list[_Worker] = []
        self._asked: deque[_Worker] = deque()
        atexit.register(self.close)
        try:
            with _signals_held():
                for _ in range(count):
                    self._workers.append(_Worker(work))
        except OSError as error:
            self.close()
            raise NetlangError(refusal(error)) from None

    @property
    def processes(self) -> tuple[BaseProcess, ...]:
        """The worker processes."""
        return tuple(worker.process for worker in self._workers)

    def results(self, tasks: Iterable[T]) -> Iterator[R]:
        """The answer to each task. Up to `DEPTH` tasks per worker are in flight.

        The next task is taken once an answer has arrived and before it is yielded. One iterator at
        a time: the pending answers of earlier ones are awaited and discarded.
        """
        if not self._workers:
            for task in tasks:
                yield given(attempt(self._work, task))
            return
        while self._asked:
            self._asked.popleft().answer()
        remaining = iter(tasks)
        turns = cycle(self._workers)
        for task in islice(remaining, DEPTH * len(self._workers)):
            self._ask(next(turns), task)
        while self._asked:
            worker = self._asked.popleft()
            found = given(cast("R | Failure", worker.answer()))
            for task in islice(remaining, 1):
                self._ask(worker, task)
            yield found

    def _ask(self, worker: _Worker, task: T) -> None:
        worker.ask(task)
        self._asked.append(worker)

    def close(self) -> None:
        """Stop the processes, waiting only briefly for a task in progress."""
        atexit.unregister(self.close)
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.end()
        self._workers.clear()
        self._asked.clear()


@final
class _Worker:
    """One process and the pipe to it."""

    def __init__(self, work: Callable[[T], R]) -> None:
        context = multiprocessing.get_context()
        self._pipe, theirs = context.Pipe()
        try:
            self.process: BaseProcess = context.Process(
                target=_serve, args=(work, theirs), daemon=True
            )
            self.process.start()
        except OSError:
            self._pipe.close()
            raise
        finally:
            # From now on theirs alone, so that its end is seen here as the end of the pipe.
            theirs.close()

    def ask(self, task: object) -> None:
        try:
            self._pipe.send(task)
        except (BrokenPipeError, ConnectionResetError):
            raise self._ended() from None

    def answer(self) -> object:
        """The next message of the process. Raises `NetlangError` if it is gone."""
        try:
            return self._pipe.recv()
        except (EOFError, ConnectionResetError):
            raise self._ended() from None

    def _ended(self) -> NetlangError:
        self.process.join(_PATIENCE)
        code = self.process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return NetlangError(WorkerEnded(span=None, how=how))

    def dismiss(self) -> None:
        """Tell the process to end after its current task."""
        try:
            self._pipe.send(None)
        except OSError:
            return
        finally:
            self._pipe.close()

    def end(self) -> None:
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            # It reads at most, so there is nothing to lose.
            self.process.kill()
            self.process.join()
        self.process.close()


def _serve(work: Callable[[T], R], pipe: Connection) -> None:
    """The main loop of a worker."""
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent
    # A forked worker holds the other end of its pipe too, so that wouldn't tell the end.
    while parent.sentinel not in wait([pipe, parent.sentinel]):
        try:
            task = pipe.recv()
            if task is None:
                return
            pipe.send(attempt(work, task))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


@contextmanager
def _signals_held() -> Iterator[None]:
    """Processes started inside never see Ctrl-C and SIGTERM, since they inherit the signal mask."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
