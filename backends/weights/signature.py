"""The digest that a weights file contains of itself, so that any reader notices damage.

It is in the metadata: SHA-256 of all bytes, with zeros in place of the digest. Files written by
others have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

__all__ = [
    "BESIDE", "DIGEST", "FACTS", "NO_DIGEST", "check_signature", "digest_of", "signed", "stamped",
]  # fmt: skip

FACTS = "netlang"
"""The metadata entry that holds the facts as JSON text."""
BESIDE = "netlang/"
"""The prefix of tensors that belong to the facts; they aren't weights."""
DIGEST = "sha256"
"""The metadata entry that holds the digest."""
NO_DIGEST = "0" * 64


def digest_of(parts: Iterable[bytes | memoryview]) -> str:
    """SHA-256 of bytes in parts, in hexadecimal digits."""
    digest = sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def signed(start: bytes, rest: Iterable[bytes | memoryview]) -> bytes:
    """The start of a file, up to the end of its header, with the digest in place of the zeros."""
    return stamped(start, digest_of([start, *rest]))


def stamped(start: bytes, digest: str) -> bytes:
    """The start of a file with a given digest in place of the zeros."""
    before, entry, after = start.partition(_entry(NO_DIGEST))
    assert entry, "the digest has a place of its own"
    return before + _entry(digest) + after


def check_signature(
    start: bytes, metadata: Mapping[str, str], rest: Iterable[bytes | memoryview]
) -> None:
    """Raise `ValueError` if a file is signed and isn't what was written."""
    claimed = metadata.get(DIGEST)
    if claimed is None and FACTS not in metadata:
        return
    plain = start.replace(_entry(str(claimed)), _entry(NO_DIGEST), 1)
    if digest_of([plain, *rest]) != claimed:
        raise ValueError("its bytes are not those that were written")


def _entry(digest: str) -> bytes:
    return f'"{DIGEST}":"{digest}"'.encode()
