"""A worker's error in a form that can be sent: the error without its traceback."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, final

import torch

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import InternalError, NetlangError
from netlang.diagnostics.training.workers import MemoryMissing, TooManyOpenFiles, WorkersRefused

__all__ = ["FILES", "Failure", "attempt", "given", "is_out_of_memory", "refusal"]

_OUT_OF_MEMORY = (
    "can't allocate memory",
    "out of memory",
    "Storage size calculation overflowed",
    "Overflow when unpacking long",
)

FILES = (errno.EMFILE, errno.ENFILE)

T = TypeVar("T")
R = TypeVar("R")


@final
@dataclass(frozen=True)
class Failure:
    """User errors, or the traceback of an internal error."""

    diagnostics: tuple[Diagnostic, ...]
    stack: str = ""

    def error(self) -> Exception:
        """The exception to raise."""
        if self.diagnostics:
            return NetlangError(*self.diagnostics)
        return InternalError(f"preparing examples failed:\n{self.stack}")


def given(answer: R | Failure) -> R:
    """An answer; raises the error that it stands for, if it is one."""
    if isinstance(answer, Failure):
        raise answer.error() from None
    return answer


def attempt(work: Callable[[T], R], task: T) -> R | Failure:
    """The result of the work, or its failure."""
    try:
        return work(task)
    except NetlangError as error:
        return Failure(error.diagnostics)
    except OSError as error:
        if error.errno in FILES:
            return Failure((refusal(error),))
        return Failure((), traceback.format_exc())
    except Exception as error:
        if is_out_of_memory(error):
            return Failure((MemoryMissing(span=None),))
        return Failure((), traceback.format_exc())


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: Python's, a GPU's, or PyTorch's on a CPU (of no own type).

    More bytes, or a larger size, than PyTorch can count are too many as well.
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError | TypeError) and any(
        text in str(error) for text in _OUT_OF_MEMORY
    )


def refusal(error: OSError) -> Diagnostic:
    """A user's diagnostic for a refusal by the system."""
    reason = error.strerror or str(error)
    if error.errno in FILES:
        return TooManyOpenFiles(span=None, limit=_limit())
    return WorkersRefused(span=None, reason=reason)


def _limit() -> str:
    """The number of files that a process may have open."""
    if os.name != "posix":
        return "no more"
    import resource

    return str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
