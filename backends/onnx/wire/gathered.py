"""Fills a file from many parts, which are made while others are written.

A thread writes what is there, in few calls that each fill a long stretch of the file: that is much
faster than many short ones. A file of less than a stretch needs no thread.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import TypeAlias, final

from netlang.atomic import append
from netlang.records import Record

__all__ = ["Looked", "Part", "gather_into"]

# A stretch, and how many parts and bytes a call takes at most: Linux takes 2 GB.
_STRETCH, _PARTS, _AT_ONCE = 1 << 20, 1024, 1 << 30
# The bytes that are worth a thread, and space that is reserved.
_WORTH = 1 << 22
# The bytes that may wait to be written, and those of them that were made for it.
_WAITING, _MADE = 1 << 27, 1 << 21
# Seconds that a thread takes to notice that something waits.
_MOMENT = 0.002
# The errors of a system that can't reserve space for a file.
_NO_WAY = {errno.EINVAL, errno.ENODEV, errno.ENOSYS, errno.EOPNOTSUPP}


class Looked(Record, eq=False):
    """A part that is looked at where it is written, which brings it into the processor's cache."""

    data: memoryview
    look: Callable[[], None]


Part: TypeAlias = bytes | memoryview | Looked


class _Stretch(Record, eq=False):
    """Parts that are written together, of `size` bytes, `made` of which take memory as they wait.

    `looks` are done before; `pause` says that what follows takes a while.
    """

    parts: list[memoryview]
    looks: list[Callable[[], None]]
    size: int
    made: int
    pause: bool


def gather_into(path: Path, parts: Iterable[Part], room: int = 0) -> None:
    """Fill an existing file; a part must stay unchanged as long as anything refers to it.

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
                if stretch.pause:
                    writer.hand_over()
    finally:
        os.close(descriptor)


def _stretches(parts: Iterable[Part]) -> Iterator[_Stretch]:
    """The parts of one stretch of the file, or of several, after the other."""
    waiting: list[memoryview] = []
    looks: list[Callable[[], None]] = []
    size = 0
    for part in parts:
        if isinstance(part, Looked):
            looks.append(part.look)
            waiting.append(part.data)
        else:
            waiting.append(memoryview(part).cast("B"))
        size += len(waiting[-1])
        if not waiting[-1]:
            yield _stretch(waiting, looks, pause=True)
            waiting, looks = [], []
        elif size >= _STRETCH:
            # Up to the end of a stretch; the rest begins the next one.
            size %= _STRETCH
            end = len(waiting[-1]) - size
            rest = waiting[-1][end:]
            waiting[-1] = waiting[-1][:end]
            yield _stretch(waiting, looks)
            waiting, looks = [rest] if rest else [], []
    yield _stretch(waiting, looks)


def _stretch(
    parts: list[memoryview], looks: list[Callable[[], None]], *, pause: bool = False
) -> _Stretch:
    # A file that is mapped can't be changed.
    made = sum(len(part) for part in parts if not part.readonly)
    return _Stretch(parts, looks, sum(map(len, parts)), made, pause)


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
        self._stretches: deque[_Stretch] = deque()
        self._waiting = self._made = 0
        self._complete = False
        self._error: BaseException | None = None

    def __enter__(self) -> _Writer:
        return self

    def add(self, stretch: _Stretch) -> None:
        """Have a stretch written after those so far. Waits while there are many."""
        with self._changed:
            self._changed.wait_for(self._has_room)
            if self._error is not None:
                raise self._error
            self._stretches.append(stretch)
            self._waiting += stretch.size
            self._made += stretch.made
            self._changed.notify()
        if self._thread is None and (self._waiting >= _WORTH or not self._has_room()):
            self._begin()

    def hand_over(self) -> None:
        """Let the thread take what waits, which it can't while the interpreter is busy."""
        if self._thread is not None:
            with self._changed:
                self._changed.wait_for(lambda: not self._stretches or self._error, _MOMENT)

    def _begin(self) -> None:
        # A descriptor of its own: the other may be closed, and its number another file's, before
        # the thread has ended, if a second Ctrl-C stops the wait for it.
        own = os.dup(self._descriptor)
        thread = Thread(target=self._run, args=(own,), name="netlang writes a file", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no room for one
            os.close(own)
            self._write_all(self._descriptor)
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
                self._stretches.clear()
            self._changed.notify()
        if self._thread is None:
            self._write_all(self._descriptor)
            return
        self._thread.join()
        if error is None and self._error is not None:
            raise self._error

    def _run(self, descriptor: int) -> None:
        try:
            while self._has_more():
                self._write_all(descriptor)
        except BaseException as error:  # it is raised in the thread that adds
            with self._changed:
                self._error = error
                self._changed.notify()
        finally:
            os.close(descriptor)

    def _has_more(self) -> bool:
        """Wait for stretches; whether there are any."""
        with self._changed:
            self._changed.wait_for(lambda: self._stretches or self._complete)
            return bool(self._stretches)

    def _write_all(self, descriptor: int) -> None:
        """Write all stretches that wait."""
        while self._write_some(descriptor):
            pass

    def _write_some(self, descriptor: int) -> bool:
        """Write the next stretches, if there are any: one, or all that nothing is looked at in."""
        with self._changed:
            taken = [self._stretches.popleft()] if self._stretches else []
            while self._stretches and not (taken[0].looks or self._stretches[0].looks):
                taken.append(self._stretches.popleft())
        _look_at(taken)
        _append_each(descriptor, [part for stretch in taken for part in stretch.parts])
        size, made = sum(each.size for each in taken), sum(each.made for each in taken)
        found = bool(taken)
        del taken  # before it is said that there is room for more
        with self._changed:
            self._waiting -= size
            self._made -= made
            self._changed.notify()
        return found


def _look_at(stretches: list[_Stretch]) -> None:
    for stretch in stretches:
        for look in stretch.looks:
            look()


def _reserve(descriptor: int, size: int) -> None:
    """Reserve disk space for an open file, if the system supports it."""
    if size < _WORTH or not hasattr(os, "posix_fallocate"):
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
