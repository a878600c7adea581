"""Divides a batch into parts when memory is short."""

from __future__ import annotations

__all__ = ["slices"]


def slices(count: int, most: int) -> list[slice]:
    """Slices of nearly equal length, at most `most`; if possible, none of a single example."""
    parts = -(-count // most)
    if most > 1:
        # Batch normalization can't train on one example.
        parts = min(parts, max(1, count // 2))
    return [slice(count * i // parts, count * (i + 1) // parts) for i in range(parts)]
