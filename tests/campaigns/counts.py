"""Counts under headings: ``operators: conv`` is how often `conv` was seen among the operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

__all__ = ["headed", "lines", "of"]


def headed(heading: str, items: Iterable[str]) -> Counter[str]:
    """The items counted under a heading."""
    return Counter(f"{heading}: {item}" for item in items)


def of(counts: Mapping[str, int], heading: str) -> Counter[str]:
    """What was counted under a heading, by item."""
    begin = f"{heading}: "
    found = {name: count for name, count in counts.items() if name.startswith(begin)}
    return Counter({name.removeprefix(begin): count for name, count in found.items()})


def lines(counts: Mapping[str, int], *headings: str) -> tuple[str, ...]:
    """The counts under some headings as lines, the most frequent first."""
    return tuple(
        f"{heading}: {item}: {count}"
        for heading in headings
        for item, count in of(counts, heading).most_common()
    )
