"""Fills a file from many parts, which are made while others are written.

A thread writes what is there, in few calls that each fill a long stretch of the file: that is much
faster than many short ones. A file of less than a stretch needs no thread.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import final

from netlang.atomic import append

__all__ = ["gather_into"]

# A stretch, and how many parts and bytes a call takes at most: Linux takes 2 GB.
_STRETCH, _PARTS, _AT_ONCE = 1 << 22, 1024, 1 << 30
# The bytes that may wait to be written, and those of them that were made for it.
_WAITING, _MADE = 1 << 27, 1 << 23
# Seconds that a thread takes to notice that something waits.
_MOMENT = 0.002
# The errors of a system that can't reserve space for a file.
_NO_WAY = {errno.EINVAL, errno.ENODEV, errno.ENOSYS, errno.EOPNOTSUPP}


def gather_into(path: Path, parts: Iterable[bytes | memoryview], room: int = 0) -> None:
    """Fill an existing file; the parts must stay unchanged until the end.

    An empty part says that the next one takes a while to make. `room` is the number of bytes, as
    far as known: the space is reserved at once, which is faster, and a lack of space is reported
    first.
    """
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        _reserve(descriptor, room)
        with _Writer(descriptor) as writer:
            for stretch in _stretches(parts):
                writer.add(stretch)
                if stretch and not stretch[-1]:
                    writer.hand_over()
    finally:
        os.close(descriptor)


def _stretches(parts: Iterable[bytes | memoryview]) -> Iterator[list[memoryview]]:
    """The parts of one stretch of the file, or of several, after the other."""
    waiting: list[memoryview] = []
    size = 0
    for part in parts:
        waiting.append(memoryview(part).cast("B"))
        size += len(waiting[-1])
        if not part:
            yield waiting
            waiting = []
        elif size >= _STRETCH:
            # Up to the end of a stretch; the rest begins the next one.
            size %= _STRETCH
            end = len(waiting[-1]) - size
            rest = waiting[-1][end:]
            waiting[-1] = waiting[-1][:end]
            yield waiting
            waiting = [rest]
    yield waiting


@final
class _Writer:
    """A thread that appends to an open file what is added. On exit, it has ended.

    It is started when more is added than it is worth. An error of the system is raised where the
    next stretch is added, or on exit.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._thread: Thread | None = None
        self._changed = Condition()
        # All of these are read and set under the condition.
        self._parts: list[memoryview] = []
        self._waiting = self._made = 0
        self._complete = False
        self._error: BaseException | None = None

    def __enter__(self) -> _Writer:
        return self

    def add(self, parts: list[memoryview]) -> None:
        """Have parts written after those so far. Waits while there are many."""
        with self._changed:
            self._changed.wait_for(self._has_room)
            if self._error is not None:
                raise self._error
            self._parts += parts
            self._waiting += sum(map(len, parts))
            self._made += _made(parts)
            self._changed.notify()
        if self._thread is None and self._waiting >= _STRETCH:
            self._begin()

    def hand_over(self) -> None:
        """Let the thread take what waits, which it can't while the interpreter is busy."""
        if self._thread is not None:
            with self._changed:
                self._changed.wait_for(lambda: not self._parts or self._error, _MOMENT)

    def _begin(self) -> None:
        # A descriptor of its own: the other may be closed, and its number another file's, before
        # the thread has ended, if a second Ctrl-C stops the wait for it.
        own = os.dup(self._descriptor)
        thread = Thread(target=self._run, args=(own,), name="netlang writes a file", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no room for one
            os.close(own)
            self._write_some(self._descriptor)
        else:
            self._thread = thread

    def _has_room(self) -> bool:
        room = self._waiting < _WAITING and self._made < _MADE
        return room or self._error is not None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._complete = True
            if error is not None:
                self._parts.clear()
            self._changed.notify()
        if self._thread is None:
            _append_each(self._descriptor, self._parts)
            return
        self._thread.join()
        if error is None and self._error is not None:
            raise self._error

    def _run(self, descriptor: int) -> None:
        try:
            while self._has_more():
                self._write_some(descriptor)
        except BaseException as error:  # it is raised in the thread that adds
            with self._changed:
                self._error = error
                self._changed.notify()
        finally:
            os.close(descriptor)

    def _has_more(self) -> bool:
        """Wait for parts; whether there are any."""
        with self._changed:
            self._changed.wait_for(lambda: self._parts or self._complete)
            return bool(self._parts)

    def _write_some(self, descriptor: int) -> None:
        """Write all parts that wait."""
        with self._changed:
            parts, self._parts = self._parts, []
            self._changed.notify()
        _append_each(descriptor, parts)
        with self._changed:
            self._waiting -= sum(map(len, parts))
            self._made -= _made(parts)
            self._changed.notify()


def _made(parts: list[memoryview]) -> int:
    """The bytes that take memory as long as they wait: a file that is mapped can't be changed."""
    return sum(len(part) for part in parts if not part.readonly)


def _reserve(descriptor: int, size: int) -> None:
    """Reserve disk space for an open file, if the system supports it."""
    if size < _STRETCH or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno not in _NO_WAY:
            raise


def _append_each(descriptor: int, parts: list[memoryview]) -> None:
    """Write all parts to an open file, many in one call if the system supports it."""
    for first in range(0, len(parts), _PARTS):
        some = parts[first : first + _PARTS]
        written = os.writev(descriptor, _at_once(some)) if hasattr(os, "writev") else 0
        for part in some:
            if written < len(part):
                append(descriptor, part[written:])
            written = max(0, written - len(part))


def _at_once(parts: list[memoryview]) -> list[memoryview]:
    """The first parts, as many as one call accepts."""
    room, found = _AT_ONCE, []
    for part in parts:
        found.append(part[:room])
        room -= len(found[-1])
    return found
