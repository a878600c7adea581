"""Recognizes pictures by their shape."""

from __future__ import annotations

__all__ = ["COLOURS", "OPAQUE", "SMALLEST"]

OPAQUE = (1, 3)
"""Channels of pictures: grey, and red-green-blue."""

COLOURS = (*OPAQUE, 4)
"""The same, and red-green-blue with opacity."""

SMALLEST = 16
"""Pixels along a side."""
