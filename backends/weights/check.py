"""Compares given weights with needed ones: what fits, and a report of what doesn't."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import final

from netlang.backends.weights.diagnostics import NothingFits, WeightsMismatch
from netlang.backends.weights.former import renamed
from netlang.backends.weights.prefixes import PrefixChange, best_change, composed
from netlang.backends.weights.slots import Slot
from netlang.backends.weights.stored import Stored
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import abridged, visible
from netlang.records import Record

__all__ = [
    "Misfit", "Report", "WeightsFor", "better_prefix", "has_some", "match", "numbers_advice",
    "require_fit", "require_some",
]  # fmt: skip

ROWS = 20


@dataclass(frozen=True, slots=True)
class Misfit:
    """A key, what the net expects under it, and what was given; None for a missing side."""

    key: str
    expected: str | None
    given: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was not loaded; empty if everything fits."""

    missing: tuple[Misfit, ...] = ()
    unexpected: tuple[Misfit, ...] = ()
    misshapen: tuple[Misfit, ...] = ()

    @property
    def misfits(self) -> tuple[Misfit, ...]:
        return self.misshapen + self.missing + self.unexpected

    @property
    def counts(self) -> str:
        """``2 keys missing, 1 unexpected``."""
        named = (
            (self.misshapen, "of another shape or type"),
            (self.missing, "missing"),
            (self.unexpected, "unexpected"),
        )
        parts = [f"{len(found)} {word}" for found, word in named if found]
        return ", ".join(parts) or "everything fits"

    def rows(self) -> tuple[str, ...]:
        """Key, expected and given, one line each: the first `ROWS` of every kind."""
        rows = [("key", "expected", "given")]
        for found in (self.misshapen, self.missing, self.unexpected):
            rows.extend((abridged(m.key), m.expected or "-", m.given or "-") for m in found[:ROWS])
            if len(found) > ROWS:
                rows.append((f"... {len(found) - ROWS} more", "", ""))
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        return tuple(
            visible(f"{key:{widths[0]}}  {expected:{widths[1]}}  {given}".rstrip())
            for key, expected, given in rows
        )

    def __bool__(self) -> bool:
        return bool(self.misfits)

    def __str__(self) -> str:
        return "\n".join((self.counts, *self.rows())) if self else self.counts


def match(slots: Sequence[Slot], stored: Mapping[str, Stored]) -> tuple[dict[str, Stored], Report]:
    """The tensors that fit, by key, and the report on the others.

    Keys of auxiliary heads and batch counters may be absent or present, and one key of a tied
    tensor is enough. Keys that torchvision has renamed since it published a file count as the new
    ones.
    """
    known = {slot.key for slot in slots}
    further: dict[str, list[str]] = {}
    for slot in slots:
        if slot.tied is not None:
            further.setdefault(slot.tied, []).append(slot.key)
    stored = renamed(stored, known)
    fitting: dict[str, Stored] = {}
    missing, misshapen = [], []
    for slot in slots:
        given = stored.get(slot.key)
        if slot.tied is not None and (given is None or _same(given, fitting.get(slot.tied))):
            given = fitting.get(slot.tied)
        elif slot.tied is not None and slot.tied in fitting:
            misshapen.append(Misfit(slot.key, f"the values of {slot.tied}", "others"))
            continue
        elif given is None:
            given = next((stored[key] for key in further.get(slot.key, ()) if key in stored), None)
        if given is None:
            if slot.required:
                missing.append(Misfit(slot.key, _expected(slot), None))
        elif _fits(slot, given):
            fitting[slot.key] = given
        else:
            misshapen.append(Misfit(slot.key, _expected(slot), _given(given)))
    unexpected = [
        Misfit(key, None, _given(given)) for key, given in stored.items() if key not in known
    ]
    return fitting, Report(tuple(missing), tuple(unexpected), tuple(misshapen))


@final
class WeightsFor(Record):
    """Weights for a net, as messages speak of them: their `source`, and the name of the `net`.

    `trained` is the call of the net that the weights belong to, if the file says so. With
    `offers_partial`, the advice may be `--partial`. The `keys` of the file have had `changes` of
    their prefixes.
    """

    source: str
    net: str
    trained: str | None = None
    offers_partial: bool = True
    keys: Collection[str] = ()
    changes: tuple[PrefixChange, ...] = ()


def require_fit(
    report: Report, slots: Sequence[Slot], stored: Mapping[str, Stored], named: WeightsFor
) -> None:
    """Raise the report as one `NetlangError` if it isn't empty."""
    if report:
        raise NetlangError(
            WeightsMismatch(
                span=None,
                source=named.source,
                net=named.net,
                counts=report.counts,
                rows=report.rows(),
                advice=_advice(slots, stored, named),
            )
        )


def has_some(fitting: Mapping[str, Stored], slots: Sequence[Slot]) -> bool:
    """Whether a tensor that the net needs fits."""
    return any(slot.key in fitting for slot in slots if slot.required)


def require_some(
    fitting: Mapping[str, Stored],
    slots: Sequence[Slot],
    stored: Mapping[str, Stored],
    named: WeightsFor,
) -> None:
    """Raise a `NetlangError` if nothing fits a net that has weights."""
    needed = [slot for slot in slots if slot.required]
    if needed and not has_some(fitting, slots):
        rows = [("the net", "the file")]
        ours = [slot.key for slot in needed[:3]]
        theirs = [abridged(key) for key in list(stored)[:3]]
        rows.extend(zip_longest(ours, theirs, fillvalue=""))
        width = max(len(ours) for ours, _ in rows)
        raise NetlangError(
            NothingFits(
                span=None, source=named.source, net=named.net,
                advice=_prefix_advice(slots, stored, named) or "give the weights of this net",
                rows=tuple(f"{ours:{width}}  {theirs}".rstrip() for ours, theirs in rows),
            )
        )  # fmt: skip


def _same(one: Stored, other: Stored | None) -> bool:
    """Whether two keys of a file hold the same values, as those of a tied tensor must."""
    import numpy as np

    return other is not None and one.shape == other.shape and np.array_equal(one.data, other.data)


def _fits(slot: Slot, given: Stored) -> bool:
    return given.shape == slot.weight.shape and given.fits(slot.dtype)


def _expected(slot: Slot) -> str:
    return _type(slot.dtype.value, slot.weight.shape)


def _given(stored: Stored) -> str:
    return _type(stored.type_name, stored.shape)


def _type(dtype: str, shape: tuple[int, ...]) -> str:
    sizes = f"[{', '.join(map(str, shape))}]"
    return sizes if dtype == "float32" else f"{dtype}{sizes}"


def _advice(slots: Sequence[Slot], stored: Mapping[str, Stored], named: WeightsFor) -> str:
    part = ", or load only what fits with --partial (in Python partial=True)" * named.offers_partial
    wanted = "give the weights of this net"
    if named.trained is not None:
        wanted = (
            f"the run trained `{named.trained}`: name the net so, or give the weights of this one"
        )
    return _prefix_advice(slots, stored, named) or f"{wanted}{part}{numbers_advice(slots, stored)}"


def numbers_advice(slots: Sequence[Slot], stored: Mapping[str, Stored]) -> str:
    """What to add where a step without a label may have been put in or taken out."""
    keys = [
        slot.key for slot in slots if slot.key not in stored or not _fits(slot, stored[slot.key])
    ]
    numbered = [key for key in keys if key.split(".")[0].isdecimal()]
    inserted = "; steps without a label are numbered: one put in between moves those after it"
    return inserted * bool(numbered and any(key.split(".")[0].isdecimal() for key in stored))


def better_prefix(
    slots: Sequence[Slot], stored: Mapping[str, Stored]
) -> tuple[PrefixChange, int] | None:
    """The change of a prefix that makes the most additional tensors fit, and how many fit then.

    None if there is none. A change that brings less than half of what could fit is a coincidence,
    such as `layer2.0` for `layer3.0`.
    """
    by_key = {slot.key: slot for slot in slots}

    def fits(key: str, value: Stored) -> bool:
        return key in by_key and _fits(by_key[key], value)

    found = best_change(stored, by_key, fits)
    now = sum(fits(key, value) for key, value in stored.items())
    if found is None or found[1] <= now or 2 * found[1] < min(len(by_key), len(stored)):
        return None
    return found


def _prefix_advice(slots: Sequence[Slot], stored: Mapping[str, Stored], named: WeightsFor) -> str:
    """Advice on the better prefix in words; empty if there is none."""
    found = better_prefix(slots, stored)
    if found is None:
        return ""
    change, count = found
    changes = composed(named.changes, change, named.keys) if named.changes else (change,)
    options = " ".join(f"--prefix {each}" for each in changes)
    instead = " in place of those given" if named.changes else ""
    python = {each.old: each.new for each in changes}
    every = f"{count} of {len(stored)} tensors"
    return f"with {options}{instead} (in Python prefixes={python}) {every} fit"
