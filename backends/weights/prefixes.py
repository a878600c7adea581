"""Prefixes of keys: changed as the user says, and suggested if a change would make keys fit.

Wrappers add one (`module.` of DataParallel, `_orig_mod.` of torch.compile, `model.` of Lightning),
and a net that is part of a larger one has the name of its place (`backbone.`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from netlang.backends.weights.diagnostics import PrefixWithoutKeys
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import abridged
from netlang.source import Span

__all__ = ["PrefixChange", "best_change", "changed", "composed", "two_keys", "without_keys"]

T = TypeVar("T")
_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class PrefixChange:
    """Replaces the prefix `old` of keys by `new`; every key has the empty prefix."""

    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.old}={self.new}"

    def apply(self, key: str) -> str | None:
        """The new key, or None if the key doesn't start with `old`."""
        return self.new + key.removeprefix(self.old) if key.startswith(self.old) else None


def changed(stored: Mapping[str, T], changes: Collection[PrefixChange]) -> dict[str, T]:
    """The tensors under their new keys; of several changes that match a key, the first counts.

    Raises `NetlangError` if a change matches no key, or if two keys become one.
    """
    made: dict[str, PrefixChange | None] = {}
    found: dict[str, T] = {}
    for key, value in stored.items():
        change = _first(changes, key)
        new = _changed(change, key)
        if culprit := change or made.get(new) if new in made else None:
            raise two_keys(f"--prefix {culprit}", new)
        made[new], found[new] = change, value
    used = set(made.values())
    for change in changes:
        if change not in used:
            raise without_keys(f"--prefix {change}", stored)
    return found


def composed(
    given: Sequence[PrefixChange], more: PrefixChange, keys: Iterable[str]
) -> tuple[PrefixChange, ...]:
    """The changes that do at once what `given` and then `more` do to some keys.

    Each of them changes a key, and the first that matches counts.
    """
    found: list[PrefixChange] = []
    for each in given:
        if each.new.startswith(more.old):  # as all keys do that it has changed
            rest = each.new.removeprefix(more.old)
            found.append(PrefixChange(each.old, more.new + rest))
        else:
            if more.old.startswith(each.new):  # as some of them may
                rest = more.old.removeprefix(each.new)
                found.append(PrefixChange(each.old + rest, more.new))
            found.append(each)
    found.append(more)
    used = {_first(found, key) for key in keys}
    return tuple(each for each in found if each in used)


def _first(changes: Iterable[PrefixChange], key: str) -> PrefixChange | None:
    """The first change that matches a key."""
    return next((each for each in changes if key.startswith(each.old)), None)


def _changed(change: PrefixChange | None, key: str) -> str:
    """A key after a change, if it matches."""
    found = None if change is None else change.apply(key)
    return key if found is None else found


def without_keys(change: str, stored: Collection[str], span: Span | None = None) -> NetlangError:
    """The error for a change, as the user wrote it, that matches no key of a file."""
    some = ", ".join(f"`{abridged(key)}`" for key in list(stored)[:3])
    return _refused(change, "changes no key", f"keys of the file: {some}", span)


def two_keys(change: str, new: str, span: Span | None = None) -> NetlangError:
    """The error for a change, as the user wrote it, that gives two tensors the same key."""
    advice = "change the start of these keys to something that no other key starts with"
    return _refused(change, f"makes two keys `{abridged(new)}`", advice, span)


def best_change(
    stored: Mapping[str, T], needed: Collection[str], fits: Callable[[str, T], bool]
) -> tuple[PrefixChange, int] | None:
    """The change of one prefix that makes the most tensors fit, and how many; None if none does.

    `fits` says whether a tensor fits the net under a key.
    """
    counts: Counter[PrefixChange] = Counter()
    for key, value in stored.items():
        for prefix in _prefixes(key):
            if fits(key.removeprefix(prefix), value):
                counts[PrefixChange(prefix, "")] += 1
    for key in needed:
        for prefix in _prefixes(key):
            bare = key.removeprefix(prefix)
            if bare in stored and fits(key, stored[bare]):
                counts[PrefixChange("", prefix)] += 1
    return max(counts.items(), key=lambda item: item[1], default=None)


def _prefixes(key: str) -> Iterator[str]:
    """The first one, two and three words of a key, each with the dot after it."""
    end = -1
    for _ in range(_MOST_WORDS):
        end = key.find(".", end + 1)
        if end < 0:
            return
        yield key[: end + 1]


def _refused(change: str, problem: str, advice: str, span: Span | None = None) -> NetlangError:
    return NetlangError(PrefixWithoutKeys(span=span, change=change, problem=problem, advice=advice))
