"""What went wrong in a worker, in a form that can be sent: the error alone, without a stack."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, final

from netlang.diagnostics.core import Diagnostic, InternalError, NetlangError
from netlang.diagnostics.workers import MemoryMissing, TooManyOpenFiles, WorkersRefused

__all__ = ["FILES", "Failure", "attempt", "given", "refusal"]

FILES = (errno.EMFILE, errno.ENFILE)

T = TypeVar("T")
R = TypeVar("R")


@final
@dataclass(frozen=True)
class Failure:
    """A user's errors, or the stack of an error that is ours."""

    diagnostics: tuple[Diagnostic, ...]
    stack: str = ""

    def error(self) -> Exception:
        """What to raise."""
        if self.diagnostics:
            return NetlangError(*self.diagnostics)
        return InternalError(f"preparing examples failed:\n{self.stack}")


def given(answer: R | Failure) -> R:
    """An answer, or the error that it stands for."""
    if isinstance(answer, Failure):
        raise answer.error() from None
    return answer


def attempt(work: Callable[[T], R], task: T) -> R | Failure:
    """The result of the work, or how it failed."""
    try:
        return work(task)
    except NetlangError as error:
        return Failure(error.diagnostics)
    except OSError as error:
        if error.errno in FILES:
            return Failure((refusal(error),))
        return Failure((), traceback.format_exc())
    except MemoryError:
        return Failure((MemoryMissing(span=None),))
    except Exception:
        return Failure((), traceback.format_exc())


def refusal(error: OSError) -> Diagnostic:
    """What a refusal of the system means for the user."""
    reason = error.strerror or str(error)
    if error.errno in FILES:
        return TooManyOpenFiles(span=None, limit=_limit())
    return WorkersRefused(span=None, reason=reason)


def _limit() -> str:
    """How many files a process may have open."""
    if os.name != "posix":
        return "no more"
    import resource

    return str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
