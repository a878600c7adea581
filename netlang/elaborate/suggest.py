"""Did you mean: the nearest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable

from netlang.diagnostics.core import Edit, Fix
from netlang.source import Span

__all__ = ["nearest", "replacement"]


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` is most likely a slip of, if any is near."""
    from difflib import get_close_matches

    known = sorted(set(candidates))
    matches = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return matches[0] if matches else None


def replacement(name: str, candidates: Iterable[str], span: Span) -> Fix | None:
    """A fix that writes the nearest candidate over `span`."""
    match = nearest(name, candidates)
    if match is None:
        return None
    return Fix(f"did you mean `{match}`?", (Edit(span, match),), safe=True)
