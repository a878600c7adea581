"""Signs of life of a trial that is under way, for hosts that share nothing but a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

__all__ = ["beating"]


@contextmanager
def beating(beat: Callable[[], None], every: float) -> Iterator[None]:
    """Inside, `beat` is called every so many seconds, by a thread."""
    over = Event()

    def keep_beating() -> None:
        while not over.wait(every):
            beat()

    thread = Thread(target=keep_beating, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
