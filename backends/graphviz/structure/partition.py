"""Divides the steps of a function into scopes, repeats and chains.

A part is a scope, a repeat of several steps, or a run of steps. Parts keep the order of their
steps, so a scope whose steps are interleaved with others is not drawn as one scope.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

from netlang.backends.graphviz.markup import MINUS, OBELUS, TIMES
from netlang.backends.graphviz.structure.view import DrawnStep, RepeatGroup, View
from netlang.ir.op import Op
from netlang.ir.program import Function, Ref
from netlang.ops import family_of
from netlang.records import Record

__all__ = [
    "Part",
    "RepeatPart",
    "ChainPart",
    "ScopePart",
    "Wiring",
    "is_heavy",
    "is_junction",
    "parts_of",
]

# Merges that work element by element, and the sign that stands for each.
JUNCTIONS = {
    "add": "+", "sub": MINUS, "mul": TIMES, "div": OBELUS, "max": "max", "min": "min",
}  # fmt: skip
_HEAVY = frozenset(("Convolutions and linear maps", "Pools", "Sequences"))


class ScopePart(Record):
    """The steps under one label."""

    name: str
    steps: tuple[DrawnStep, ...]


class RepeatPart(Record):
    """The steps of one repeat."""

    group: RepeatGroup
    steps: tuple[DrawnStep, ...]


class ChainPart(Record):
    """Steps in no inner scope."""

    steps: tuple[DrawnStep, ...]


Part: TypeAlias = ScopePart | RepeatPart | ChainPart


def parts_of(steps: Sequence[DrawnStep], scopes: int, repeats: int) -> list[Part]:
    """The parts of `steps`, which already lie in `scopes` scopes and `repeats` repeats."""

    def place(step: DrawnStep) -> RepeatGroup | str | None:
        inner = step.groups[repeats] if len(step.groups) > repeats else None
        if inner is not None and inner.depth <= scopes:
            return inner
        names = step.node.path.split(".")
        return names[scopes] if len(names) > scopes + 1 else None

    runs = [(key, tuple(group)) for key, group in groupby(steps, key=place)]
    often = Counter(key for key, _ in runs)
    parts: list[Part] = []
    for key, group in runs:
        if isinstance(key, RepeatGroup):
            parts.append(RepeatPart(key, group))
        elif key is not None and often[key] == 1 and len(group) > 1:
            parts.append(ScopePart(key, group))
        elif parts and isinstance(parts[-1], ChainPart):
            parts[-1] = ChainPart(parts[-1].steps + group)
        else:
            parts.append(ChainPart(group))
    return parts


def is_junction(step: DrawnStep) -> bool:
    """Whether a step is drawn as a circle."""
    callee = step.node.callee
    return isinstance(callee, Op) and callee.name in JUNCTIONS and len(step.sources) > 1


def is_heavy(step: DrawnStep) -> bool:
    """Whether a step opens a stack of its own, which the norm or activation after it joins."""
    callee = step.node.callee
    if isinstance(callee, Function):
        return True
    return callee.name == "drop_connect" or family_of(callee.name) in _HEAVY


class Wiring:
    """Which steps read which values in one function."""

    def __init__(self, view: View) -> None:
        refs = [ref for step in view.steps for ref in step.sources]
        refs += [output.ref for output in view.outputs]
        self._uses = Counter(ref.producer for ref in refs)
        self._outputs = Counter(ref.producer for ref in set(refs))

    def follows(self, before: DrawnStep, after: DrawnStep) -> bool:
        """Whether `after` reads only `before` and is its only reader."""
        return (
            after.sources == (Ref(before.number),)
            and self._uses[before.number] == 1
            and before.node.auxiliary == after.node.auxiliary
            and not is_junction(before)
        )

    def is_chain(self, steps: Sequence[DrawnStep]) -> bool:
        """Whether each of `steps` follows the one before it."""
        return all(self.follows(before, after) for before, after in pairwise(steps))

    def has_several_outputs(self, step: DrawnStep) -> bool:
        """Whether more than one output of `step` is read."""
        return self._outputs[step.number] > 1
