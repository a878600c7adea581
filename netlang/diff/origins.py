"""Whether matched steps read the same values.

A step that was put in between changes what follows it reads, but not where that comes from. So a
value is known by the matched steps, or inputs of the net, that it comes from through steps that
only one of the nets has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netlang.diff.match import Match
from netlang.diff.steps import NET_INPUT, NetSteps, Source, Step

__all__ = ["ValueOrigins"]

# Origins of one value that are told apart.
_MOST = 24


class ValueOrigins:
    """Where the values of both nets come from, in terms of the net after."""

    def __init__(self, before: NetSteps, after: NetSteps, match: Match) -> None:
        self._before = before
        self._after = after
        renamed = _inputs(before, after)
        partners, back = match.partners, match.back
        self._moved = match.moved
        theirs = [None if one is None else other for other, one in enumerate(back)]
        moved = frozenset([partners[one] for one in match.moved])
        self._ours = _origins(before.steps, partners, renamed, match.moved)
        self._theirs = _origins(after.steps, theirs, {}, moved)

    def alike(self, one: Source, other: Source) -> bool:
        """Whether a value of the net before has an origin in common with one of the net after."""
        ours, theirs = self._ours(one), self._theirs(other)
        return bool(ours & theirs) or ours == theirs

    def reads(self, one: int, other: int) -> tuple[tuple[int, Source | None, Source | None], ...]:
        """The places at which two matched steps read something else, and what.

        Empty for a step that moved: that it did says so.
        """
        if one in self._moved:
            return ()
        ours, theirs = self._before.steps[one].sources, self._after.steps[other].sources
        found: list[tuple[int, Source | None, Source | None]] = []
        if len(ours) == len(theirs):
            for place, (left, right) in enumerate(zip(ours, theirs, strict=True)):
                if not self.alike(left, right):
                    found.append((place, left, right))
            return tuple(found)
        return tuple(self._uneven(ours, theirs))

    def _uneven(
        self, ours: Sequence[Source], theirs: Sequence[Source]
    ) -> list[tuple[int, Source | None, Source | None]]:
        """What is read only before or only after, where their numbers differ."""
        left = list(ours)
        found: list[tuple[int, Source | None, Source | None]] = []
        for place, right in enumerate(theirs):
            same = next((each for each in left if self.alike(each, right)), None)
            if same is None:
                found.append((place, None, right))
            else:
                left.remove(same)
        found += [(ours.index(each), each, None) for each in left]
        return found or [(len(ours), None, theirs[-1])]


def _inputs(before: NetSteps, after: NetSteps) -> dict[int, int]:
    """The inputs of the net before that have another place or name, by their places."""
    names = {port.name: place for place, port in enumerate(after.inputs)}
    return {place: names.get(port.name, place) for place, port in enumerate(before.inputs)}


Origins = frozenset[Source]


def _origins(
    steps: Sequence[Step],
    partners: Sequence[int | None],
    inputs: dict[int, int],
    moved: frozenset[int | None],
) -> Callable[[Source], Origins]:
    """For any value of a net, the matched steps and inputs that it comes from.

    A value of a step that moved is its own and comes from what it reads as well.
    """
    found: list[Origins | None] = []

    def of(source: Source) -> Origins:
        number, output = source
        if number == NET_INPUT:
            return frozenset([(NET_INPUT, inputs.get(output, output))])
        through = found[number]
        if through is None:
            partner = partners[number]
            assert partner is not None
            return frozenset([(partner, output)])
        return through

    for number, step in enumerate(steps):
        partner = partners[number]
        if partner is not None and number not in moved:
            found.append(None)
            continue
        own = range(len(step.types)) if partner is not None else ()
        joined: set[Source] = {(partner, output) for output in own if partner is not None}
        for source in step.sources:
            if len(joined) < _MOST:
                joined |= of(source)
        found.append(frozenset(joined))
    return of
