"""Compares two programs: matches their steps, and tells how each pair differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netlang.analysis.facts import Facts
from netlang.diff.difference import Difference, PortChange, StepChange, arguments_of
from netlang.diff.match import Match, match
from netlang.diff.origins import ValueOrigins
from netlang.diff.steps import (
    ComparedPort,
    NetSteps,
    is_long,
    steps_of,
    without_ranges,
)
from netlang.ir.program import Program
from netlang.records import Record, no_collection

__all__ = ["compare"]


@no_collection()
def compare(
    before: Program,
    after: Program,
    *,
    names: tuple[str, str] | None = None,
    sizes: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {}),
    fold: bool | None = None,
) -> Difference:
    """What is different between two programs, as they are deployed.

    `names` are what they are called, instead of their own names. `sizes` are those of the inputs of
    each; without them, each has its own default ones. Repeats are written out unless they are very
    long; with `fold`, they are or aren't anyway. Raises `NetlangError` if a net can't run at
    the sizes.
    """
    facts = Facts(before), Facts(after)
    if fold is None:
        fold = is_long(before, facts[0]) or is_long(after, facts[1])
    one = steps_of(before, facts[0], sizes[0], fold=fold)
    other = steps_of(after, facts[1], sizes[1], fold=fold)
    found = match(one.steps, other.steps)
    comparison = _Comparison(one, other, found, ValueOrigins(one, other, found))
    changes, ports = tuple(comparison.changes()), tuple(comparison.ports())
    return Difference(names or (before.name, after.name), one, other, found, changes, ports)


class _Comparison(Record):
    """The steps before and after, which of them are each other, and where values come from."""

    before: NetSteps
    after: NetSteps
    match: Match
    origins: ValueOrigins

    def changes(self) -> Iterator[StepChange]:
        """The pairs that aren't equal, in the order of the net after."""
        for other, one in enumerate(self.match.back):
            if one is not None:
                change = self._change(one, other)
                if change != StepChange(one, other):
                    yield change

    def _change(self, one: int, other: int) -> StepChange:
        before, after = self.before.steps[one], self.after.steps[other]
        operator = type(before.op) is not type(after.op)
        return StepChange(
            one,
            other,
            operator,
            () if operator else arguments_of(before.op, after.op),
            self.origins.reads(one, other),
            bool(before.tied) != bool(after.tied) or before.owns != after.owns,
            before.times != after.times,
            one in self.match.moved,
            without_ranges(before.parts) != without_ranges(after.parts),
            (before.inputs, before.types) != (after.inputs, after.types),
        )

    def ports(self) -> Iterator[PortChange]:
        """The inputs and outputs that aren't equal."""
        for kind, ours, theirs in (
            ("input", self.before.inputs, self.after.inputs),
            ("output", self.before.outputs, self.after.outputs),
        ):
            known = {port.name: port for port in ours}
            for port in theirs:
                old = known.pop(port.name, None)
                if old is None and len(ours) == len(theirs) == 1:
                    old = known.pop(ours[0].name)
                changed = self._port(kind, old, port)
                if changed is not None:
                    yield changed
            for old in known.values():
                yield PortChange(kind, old.name, str(old.sized), None)

    def _port(self, kind: str, old: ComparedPort | None, port: ComparedPort) -> PortChange | None:
        """How an input or output differs, if it does."""
        if old is None:
            return PortChange(kind, port.name, None, str(port.sized))
        texts = str(old.sized), str(port.sized)
        if old.type != port.type and texts[0] == texts[1]:
            texts = str(old.type), str(port.type)
        if old.name != port.name:
            texts = f"{old.name} {texts[0]}", f"{port.name} {texts[1]}"
        source = None
        if kind == "output" and not self.origins.alike(old.source, port.source):
            source = self.before.path_of(old.source), self.after.path_of(port.source)
        if texts[0] == texts[1] and source is None:
            return None
        return PortChange(kind, port.name, *texts, source)
