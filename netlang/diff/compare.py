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
    Step,
    is_long,
    steps_of,
    without_ranges,
)
from netlang.ir.program import Program
from netlang.records import no_collection

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
    origins = ValueOrigins(one, other, found)
    changes = tuple(_changes(one, other, found, origins))
    ports = tuple(_ports(one, other, origins))
    return Difference(names or (before.name, after.name), one, other, found, changes, ports)


def _changes(
    before: NetSteps, after: NetSteps, match: Match, origins: ValueOrigins
) -> Iterator[StepChange]:
    """The pairs that aren't equal, in the order of the net after."""
    for other, one in enumerate(match.back):
        if one is not None:
            change = _change(one, other, before.steps[one], after.steps[other], match, origins)
            if change != StepChange(one, other):
                yield change


def _change(
    one: int, other: int, before: Step, after: Step, match: Match, origins: ValueOrigins
) -> StepChange:
    operator = type(before.op) is not type(after.op)
    return StepChange(
        one,
        other,
        operator,
        () if operator else arguments_of(before.op, after.op),
        origins.reads(one, other),
        bool(before.tied) != bool(after.tied) or before.owns != after.owns,
        before.times != after.times,
        one in match.moved,
        without_ranges(before.parts) != without_ranges(after.parts),
        (before.inputs, before.types) != (after.inputs, after.types),
    )


def _ports(before: NetSteps, after: NetSteps, origins: ValueOrigins) -> Iterator[PortChange]:
    for kind, ours, theirs in (
        ("input", before.inputs, after.inputs),
        ("output", before.outputs, after.outputs),
    ):
        known = {port.name: port for port in ours}
        for port in theirs:
            old = known.pop(port.name, None)
            if old is None and len(ours) == len(theirs) == 1:
                old = known.pop(ours[0].name)
            changed = _port(kind, old, port, before, after, origins)
            if changed is not None:
                yield changed
        for old in known.values():
            yield PortChange(kind, old.name, str(old.sized), None)


def _port(
    kind: str,
    old: ComparedPort | None,
    port: ComparedPort,
    before: NetSteps,
    after: NetSteps,
    origins: ValueOrigins,
) -> PortChange | None:
    """How an input or output differs, if it does."""
    if old is None:
        return PortChange(kind, port.name, None, str(port.sized))
    texts = str(old.sized), str(port.sized)
    if old.type != port.type and texts[0] == texts[1]:
        texts = str(old.type), str(port.type)
    if old.name != port.name:
        texts = f"{old.name} {texts[0]}", f"{port.name} {texts[1]}"
    source = None
    if kind == "output" and not origins.alike(old.source, port.source):
        source = before.path_of(old.source), after.path_of(port.source)
    if texts[0] == texts[1] and source is None:
        return None
    return PortChange(kind, port.name, *texts, source)
