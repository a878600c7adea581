"""Which tensors of a net are which of another: by their matched steps, then by their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from netlang.diff.difference import Difference
from netlang.diff.steps import NetSteps, Step
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
    found = []
    for number, step in enumerate(difference.after.steps):
        one = difference.match.back[number]
        old = dict(_weights(difference.before.steps[one])) if one is not None else {}
        for name, shape in _weights(step):
            former = old.get(name)
            key = join(step.module, name)
            if former is None or one is None:
                found.append(Pairing(key, step.op.name, shape, None, None))
            else:
                module = difference.before.steps[one].module
                found.append(Pairing(key, step.op.name, shape, join(module, name), former))
    return tuple(found)


def tensors(difference: Difference) -> TensorCounts:
    """How many tensors carry over."""
    found = pairings(difference)
    before = sum(1 for _ in _owned(difference.before))
    matched = [each for each in found if each.former is not None]
    return TensorCounts(
        before,
        len(found),
        sum(each.fits and each.key == each.former for each in matched),
        sum(each.fits and each.key != each.former for each in matched),
        sum(not each.fits for each in matched),
        len(found) - len(matched),
        before - len({each.former for each in matched}),
    )


def _owned(steps: NetSteps) -> Iterator[str]:
    for step in steps.steps:
        for name, _ in _weights(step):
            yield join(step.module, name)


def _weights(step: Step) -> list[tuple[str, Shape]]:
    """The tensors that a step owns, with their shapes."""
    if not step.owns:
        return []
    tied = {name for name, _ in step.tied}
    return [
        (each.name, each.shape) for each in step.op.weights(step.inputs) if each.name not in tied
    ]
