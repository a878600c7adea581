"""Which tensors of a net are which of another: by their matched steps, then by their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from netlang.diff.difference import Difference
from netlang.diff.steps import Step
from netlang.ir.owned import join
from netlang.records import Record

__all__ = ["Pairing", "TensorCounts", "pairings", "tensors"]

Shape: TypeAlias = tuple[int, ...]


class Pairing(Record):
    """A tensor of the net after, and the one of the net before that it was, if any.

    `operator` is that of its step.
    """

    key: str
    operator: str
    shape: Shape
    former: str | None
    former_shape: Shape | None

    @property
    def fits(self) -> bool:
        return self.shape == self.former_shape


class TensorCounts(Record):
    """How many tensors both nets have, and how many carry over, are renamed, resized, new, gone."""

    before: int
    after: int
    kept: int
    renamed: int
    resized: int
    new: int
    gone: int

    @property
    def text(self) -> str:
        parts = [
            (self.renamed, "under other keys"),
            (self.resized, "of other shapes"),
            (self.new, "new"),
            (self.gone, "gone"),
        ]
        told = [f"{count:,} {word}" for count, word in parts if count]
        if not told:
            return "same keys and shapes"
        return ", ".join([f"{self.kept:,} as before", *told] if self.kept else told)


def pairings(difference: Difference) -> tuple[Pairing, ...]:
    """Every tensor of the net after, deployed, in order."""
    found: list[Pairing] = []
    for number, step in enumerate(difference.after.steps):
        one = difference.match.back[number]
        found += _of_step(step, difference.before.steps[one] if one is not None else None)
    return tuple(found)


def _of_step(step: Step, old: Step | None) -> Iterator[Pairing]:
    """The tensors of a step, and those that they were in its partner."""
    former = dict(_weights(old)) if old is not None else {}
    for name, shape in _weights(step):
        key, known = join(step.module, name), former.get(name)
        was = join(old.module, name) if old is not None and known is not None else None
        yield Pairing(key, step.op.name, shape, was, known)


def tensors(difference: Difference) -> TensorCounts:
    """How many tensors carry over; those of a folded step count as often as it is applied."""
    kept = renamed = resized = after = 0
    for number, step in enumerate(difference.after.steps):
        one = difference.match.back[number]
        old = difference.before.steps[one] if one is not None else None
        for pairing in _of_step(step, old):
            after += step.times
            if old is None or pairing.former is None:
                continue
            common = min(step.times, old.times)
            if not pairing.fits:
                resized += common
            elif pairing.key == pairing.former or old.times > 1:
                kept += common
            else:
                renamed += common
    before = sum(step.times * len(_weights(step)) for step in difference.before.steps)
    matched = kept + renamed + resized
    return TensorCounts(before, after, kept, renamed, resized, after - matched, before - matched)


def _weights(step: Step) -> list[tuple[str, Shape]]:
    """The tensors that a step owns, with their shapes."""
    if not step.owns:
        return []
    tied = {name for name, _ in step.tied}
    return [
        (each.name, each.shape) for each in step.op.weights(step.inputs) if each.name not in tied
    ]
