"""Seeds of the purposes that a run draws numbers for."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["derived_seed"]


def derived_seed(seed: int, purpose: str) -> int:
    """A seed for one purpose: streams of different purposes are independent of each other."""
    digest = sha256(f"{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
