"""What goes wrong inside PyTorch's distributed checkpoints, as it was raised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch.distributed.checkpoint.api import CheckpointException

__all__ = ["as_raised"]


@contextmanager
def as_raised() -> Iterator[None]:
    """Inside, PyTorch gathers the errors of processes in one of its own, which no `except
    Exception` catches; here one of them comes out: an `OSError`, if there was one.
    """
    try:
        yield
    except CheckpointException as failed:
        errors = [error for error, _ in failed.failures.values()]
        raise next((e for e in errors if isinstance(e, OSError)), errors[0]) from None
