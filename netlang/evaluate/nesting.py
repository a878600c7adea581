"""Limits on nesting, and the recursion depth that Python needs for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["DEEPEST_BLOCK", "DEEPEST_CALL", "DEEPEST_NAME", "room_for_nesting"]

DEEPEST_BLOCK = 100
DEEPEST_NAME = 200
DEEPEST_CALL = 50
"""Functions that call each other; each of their expressions nests, too."""
_FRAMES = 20_000


@contextmanager
def room_for_nesting() -> Iterator[None]:
    """Inside, blocks and names may nest deeper than Python's usual 1,000 frames allow."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
