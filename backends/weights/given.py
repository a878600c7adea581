"""Weights that the user gave for a net, read and compared with those that the net owns.

Every command that takes weights uses `given`, so that a file is refused in the same words
everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from netlang.backends.weights.check import WeightsFor, has_some, match, require_fit, require_some
from netlang.backends.weights.facts import facts_in, trained_net
from netlang.backends.weights.files import WeightSource, read_entry
from netlang.backends.weights.prefixes import PrefixChange, changed
from netlang.backends.weights.slots import Slot
from netlang.backends.weights.stored import Stored, all_finite
from netlang.build import Fit
from netlang.diagnostics.texts import abridged

__all__ = ["Given", "given", "name_of", "not_finite", "suspects"]

_MOST_KEYS = 5


@dataclass(frozen=True)
class Given:
    """The tensors that fit, by key, and notes for the user on them and on the others.

    `facts` are those that a run stored beside its weights; they are in the `metadata`, the texts of
    the file. `beside` are tensors that belong to the facts.
    """

    tensors: Mapping[str, Stored]
    notes: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, Stored] = field(default_factory=dict)

    def require_whole(self) -> None:
        """Raise `OSError` if a file of the tensors has become shorter since it was opened."""
        for file in {each.file for each in self.tensors.values()}:
            if file is not None:
                file.require_whole()

    def notes_on_values(self) -> tuple[str, ...]:
        """The notes, including a warning about values that aren't finite. Reads all values."""
        suspect = [key for key, each in self.tensors.items() if not each.finite()]
        return (*self.notes, *not_finite(suspect))


def given(net: str, owned: Sequence[Slot], source: WeightSource, fit: Fit) -> Given:
    """The tensors of `source` that fit `owned`.

    `net` is the name for messages. Raises `NetlangError` if `source` can't be read, if nothing fits
    or, without `fit.partial`, if anything doesn't fit.
    """
    opened = read_entry(source, fit.entry)
    changes = tuple(PrefixChange(old, new) for old, new in fit.prefixes)
    stored = changed(opened.tensors, changes)
    fitting, report = match(owned, stored)
    facts = facts_in(opened.metadata)
    named = f"`{source}`" if isinstance(source, str | Path) else name_of(source)
    if fit.partial:
        told = WeightsFor(named, net, keys=opened.tensors, changes=changes)
        require_some(fitting, owned, stored, told)
    else:
        offers = fit.offers_partial and has_some(fitting, owned)
        told = WeightsFor(named, net, trained_net(facts), offers, opened.tensors, changes)
        require_fit(report, owned, stored, told)
    chosen = (opened.note,) if opened.note else ()
    loaded = (_loaded(owned, fitting),) if fit.partial else ()
    lacking = (f"not loaded: {report}",) if report else ()
    fitting = {
        slot.key: fitting[slot.key].bound_for(slot.dtype) for slot in owned if slot.key in fitting
    }
    notes = (*chosen, *loaded, *lacking)
    return Given(fitting, notes, facts, opened.metadata, opened.beside)


def name_of(source: WeightSource) -> str:
    """What messages call the weights."""
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


def suspects(small: Mapping[str, Stored]) -> set[str]:
    """The keys of tensors that aren't finite. Small ones are checked together, which is cheap."""
    if all_finite(small.values()):
        return set()
    return {key for key, each in small.items() if not each.finite()}


def not_finite(keys: Sequence[str]) -> tuple[str, ...]:
    """A warning about tensors with NaN or infinite values, if there are any."""
    if not keys:
        return ()
    shown = ", ".join(f"`{abridged(key)}`" for key in keys[:_MOST_KEYS])
    more = f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
    return (f"warning: NaN or infinite values in {shown}{more}",)
