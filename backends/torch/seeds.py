"""Seeds for the different purposes for which a run draws numbers."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["derived_seed"]


def derived_seed(seed: int, purpose: str) -> int:
    """The seed for one purpose. Streams of different purposes are independent."""
    digest = sha256(f"{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
