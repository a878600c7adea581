"""Weights that the user gave for a net: read, and held against those that the net owns.

Whatever takes weights takes them through `given`, so that a file is refused in the same words
wherever it is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netlang.backends.weights.check import match, require_fit, require_some
from netlang.backends.weights.files import WeightSource, read_entry
from netlang.backends.weights.prefixes import Change, changed
from netlang.backends.weights.slots import Slot
from netlang.backends.weights.stored import Stored
from netlang.build import Fit

__all__ = ["Given", "given", "name_of"]

_MOST_KEYS = 5


@dataclass(frozen=True)
class Given:
    """The tensors that fit, by key, and what the user should know of them and of the others."""

    tensors: Mapping[str, Stored]
    notes: tuple[str, ...] = ()


def given(net: str, owned: Sequence[Slot], source: WeightSource, fit: Fit) -> Given:
    """The tensors of `source` that fit `owned`.

    `net` is the name for messages. Raises `NetlangError` where `source` can't be read, where
    nothing fits and, without `fit.partial`, where anything doesn't.
    """
    stored, note = read_entry(source, fit.entry)
    stored = changed(stored, [Change(old, new) for old, new in fit.prefixes])
    fitting, report = match(owned, stored)
    named = f"`{source}`" if isinstance(source, str | Path) else name_of(source)
    if fit.partial:
        require_some(fitting, owned, stored, source=named, net=net)
    else:
        require_fit(report, owned, stored, source=named, net=net)
    loaded = (_loaded(owned, fitting),) if fit.partial else ()
    lacking = (f"not loaded: {report}",) if report else ()
    return Given(fitting, (*((note,) if note else ()), *loaded, *lacking, *_warned(fitting)))


def name_of(source: WeightSource) -> str:
    """What messages call weights."""
    return str(source) if isinstance(source, str | Path) else "the mapping of weights"


def _loaded(owned: Sequence[Slot], fitting: Mapping[str, Stored]) -> str:
    """``loaded 265 of 267 tensors, 23,508,032 of 25,557,032 parameters``."""
    weights = [slot for slot in owned if not slot.weight.buffer]
    taken = [slot for slot in owned if slot.key in fitting]
    every = sum(slot.weight.elements for slot in weights)
    some = sum(slot.weight.elements for slot in weights if slot.key in fitting)
    return (
        f"loaded {len(taken):,} of {len(owned):,} tensors,"
        f" {some:,} of {every:,} parameters"
    )  # fmt: skip


def _warned(fitting: Mapping[str, Stored]) -> Iterator[str]:
    keys = [key for key, each in fitting.items() if not each.finite()]
    if keys:
        shown = ", ".join(f"`{key}`" for key in keys[:_MOST_KEYS])
        more = f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
        yield f"warning: NaN or infinite values in {shown}{more}"
