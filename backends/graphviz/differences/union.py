"""The steps of two nets in one tree: those of the net after, and those removed at their old place.

Scopes in which nothing differs are closed. Scopes beside each other in which the same differs are
one, with their number: what a drawing shows once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby
from typing import TypeAlias

from netlang.analysis.render.describe import describe
from netlang.diff import Difference
from netlang.diff.difference import ArgumentChange, StepChange
from netlang.diff.patterns import skeleton
from netlang.diff.steps import Parts
from netlang.records import Record, replace

__all__ = ["Branch", "Entry", "Status", "entries_of", "union_of"]


class Status(Enum):
    """What became of a step; the value is its sign."""

    SAME = ""
    ADDED = "+"
    REMOVED = "\N{MINUS SIGN}"
    CHANGED = "\N{PLUS-MINUS SIGN}"


class Entry(Record, eq=False):
    """A step of either net: `before` and `after` are its numbers there, if it has them.

    `text` is what a drawing says of it, `manner` what it must have in common with another to be
    drawn as one with it. The first `homed` components of a removed step's path are those of the
    scope in the net after that its own has become.
    """

    parts: Parts
    state: Status
    before: int | None
    after: int | None
    text: str
    manner: object
    arguments: tuple[ArgumentChange, ...] = ()
    homed: int = 0


class Branch(Record, eq=False):
    """A scope, or the steps that are drawn as one; `paths` are those that it stands for.

    `entries` are all of its steps.
    """

    paths: tuple[Parts, ...]
    entries: tuple[Entry, ...]
    children: tuple[Branch, ...]
    manner: object

    @property
    def state(self) -> Status | None:
        """What became of all of its steps; None if that isn't the same for all."""
        states = {entry.state for entry in self.entries}
        return states.pop() if len(states) == 1 else None

    @property
    def texts(self) -> frozenset[str]:
        return frozenset(entry.text for entry in self.entries)


def entries_of(difference: Difference) -> tuple[Entry, ...]:
    """The steps of both nets in order, matched ones once."""
    removed = list(difference.removed)
    changes = {change.other: change for change in difference.changes}
    homes = _homes(difference)
    found: list[Entry] = []
    for number in range(len(difference.after.steps)):
        one = difference.match.back[number]
        if one is not None and one not in difference.match.moved:
            while removed and removed[0] < one:
                found.append(_removed(difference, removed.pop(0), homes))
        change = changes.get(number)
        step = difference.after.steps[number]
        text = describe(step.op, step.tied)
        if one is None:
            found.append(_entry(step.parts, Status.ADDED, (None, number), text, step.op.name))
        elif change is None or not change.edited:
            found.append(_entry(step.parts, Status.SAME, (one, number), text, step.op.name))
        else:
            found.append(_changed(difference, change))
    return (*found, *(_removed(difference, number, homes) for number in removed))


def _changed(difference: Difference, change: StepChange) -> Entry:
    before, step = difference.pair(change)
    names = tuple(each.name for each in change.arguments)
    text = f"{before.op.name} → {step.op.name}" if change.operator else step.op.name
    manner = before.op.name, step.op.name, names
    found = _entry(step.parts, Status.CHANGED, (change.one, change.other), text, manner)
    return replace(found, arguments=change.arguments)


def _removed(difference: Difference, number: int, homes: Mapping[Parts, Parts]) -> Entry:
    step = difference.before.steps[number]
    length = len(step.parts) - 1
    while length and step.parts[:length] not in homes:
        length -= 1
    parts = (*homes.get(step.parts[:length], ()), *step.parts[length:])
    text = describe(step.op, step.tied)
    found = _entry(parts, Status.REMOVED, (number, None), text, step.op.name)
    return replace(found, homed=length)


def _homes(difference: Difference) -> dict[Parts, Parts]:
    """What scopes of the net before are in the net after, by the steps that are in both."""
    found: dict[Parts, Parts] = {}
    for one, other in enumerate(difference.match.partners):
        if other is not None:
            before, after = difference.before.steps[one].parts, difference.after.steps[other].parts
            for length in range(1, min(len(before), len(after))):
                found.setdefault(before[:length], after[:length])
    return found


def _entry(
    parts: Parts, state: Status, numbers: tuple[int | None, int | None], text: str, manner: object
) -> Entry:
    """The entry of a step, by its `numbers` in the nets before and after."""
    return Entry(parts, state, *numbers, text, (state, skeleton(parts)[-1:], manner))


_Key: TypeAlias = tuple[str, bool, bool]


def union_of(entries: Sequence[Entry]) -> Branch:
    """All entries as one tree."""
    return Branch(((),), tuple(entries), tuple(_children(entries, 0)), None)


def _children(entries: Sequence[Entry], level: int) -> Iterator[Branch]:
    """The branches of a scope, those that are alike joined."""

    def key(entry: Entry) -> _Key:
        deeper = len(entry.parts) > level + 1
        lone = entry.state is Status.REMOVED and level >= entry.homed
        return entry.parts[level], deeper, deeper and lone

    branches = []
    for (_, deeper, _), group in groupby(entries, key):
        same = tuple(group)
        if deeper:
            branches.append(_scope(same, level))
        else:
            branches += [Branch((each.parts,), (each,), (), each.manner) for each in same]
    yield from _joined(branches)


def _scope(entries: tuple[Entry, ...], level: int) -> Branch:
    path = entries[0].parts[: level + 1]
    children = tuple(_children(entries, level + 1))
    states = {entry.state for entry in entries}
    label = skeleton(path)[-1:]
    if len(states) == 1:  # closed: what is inside doesn't matter
        manner: object = (label, states.pop(), True)
        return Branch((path,), entries, children, manner)
    return Branch((path,), entries, children, (label, *(child.manner for child in children)))


def _joined(branches: Sequence[Branch]) -> Iterator[Branch]:
    """Scopes that follow each other and are alike, as one."""
    for _, group in groupby(enumerate(branches), lambda item: _joins(*item)):
        same = [branch for _, branch in group]
        yield same[0] if len(same) == 1 else _one_of(same)


def _joins(number: int, branch: Branch) -> object:
    """The same for branches that are joined if they stand beside each other."""
    return (branch.manner,) if branch.children else number


def _one_of(same: Sequence[Branch]) -> Branch:
    """Branches that are alike as one, level by level."""
    first = same[0]
    columns = [tuple(branch.children) for branch in same]
    children: tuple[Branch, ...] = first.children
    if all(len(column) == len(first.children) for column in columns):
        children = tuple(_one_of(column) for column in zip(*columns, strict=True))
    paths = tuple(path for branch in same for path in branch.paths)
    entries = tuple(entry for branch in same for entry in branch.entries)
    return Branch(paths, entries, children, first.manner)
