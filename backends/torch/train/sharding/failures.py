"""Errors inside PyTorch's distributed checkpoints, raised as they originally were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch.distributed.checkpoint.api import CheckpointException

__all__ = ["as_raised"]


@contextmanager
def as_raised() -> Iterator[None]:
    """Inside, errors that PyTorch gathered from processes are raised as one of them.

    PyTorch's own gathered error isn't caught by `except Exception`. If there was an `OSError`, it
    is the one that is raised.
    """
    try:
        yield
    except CheckpointException as failed:
        errors = [error for error, _ in failed.failures.values()]
        raise next((e for e in errors if isinstance(e, OSError)), errors[0]) from None
