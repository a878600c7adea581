"""The core's view of a backend that can say what is wrong with its runtime."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import final

from netlang.records import Record
from netlang.targets.backends import Backend, backend

__all__ = ["ExaminingBackend", "Finding", "examining_backend"]


@final
class Finding(Record):
    """Something that was found; if it isn't `fine`, `why`, and what to do about it."""

    what: str
    fine: bool = True
    why: str = ""
    advice: str = ""


class ExaminingBackend(Backend):
    """A backend with a runtime of its own."""

    @abstractmethod
    def examine_runtime(self) -> Iterator[Finding]:
        """What is installed, and whether it works on each device that it was built for."""


def examining_backend() -> ExaminingBackend:
    """The backend for ONNX."""
    found = backend("onnx")
    assert isinstance(found, ExaminingBackend)
    return found
