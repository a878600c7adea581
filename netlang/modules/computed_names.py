"""Names that a computed label may have: `layer{i}` may be `layer3`."""

from __future__ import annotations

__all__ = ["comes_to"]


def comes_to(name: str, texts: tuple[str, ...]) -> bool:
    """Whether a name consists of these texts, separated by at least one letter each."""
    first, *between, last = texts
    if not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for text in between:
        place = name.find(text, place + 1, end)
        if place < 0:
            return False
        place += len(text)
    return place < end
