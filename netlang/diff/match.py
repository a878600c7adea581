"""Matches the steps of two nets.

Scopes are aligned with scopes from the top down, then their children within them: a name that the
author chose counts most, then the operator, its arguments, its types. What is left over between
matched steps is aligned once more without regard to scopes, as a step may have been put into one.
What then is left over on both sides with the same operator was moved.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlang.diff.align import Pairs, aligned
from netlang.diff.similar import Similar, label_score
from netlang.diff.steps import Parts, Step
from netlang.diff.tree import Kinds, Tree, is_automatic, tree_of
from netlang.records import Record

__all__ = ["Match", "match"]

# A step that moved beyond so many others, without a name of its own, is another one.
_NEAR = 6
# Candidates for a step that moved.
_MOST = 100


class Match(Record, eq=False):
    """The partner of each step on the other side, or None; `moved` are those out of order.

    `trees` are the scopes of both nets.
    """

    partners: tuple[int | None, ...]
    back: tuple[int | None, ...]
    moved: frozenset[int]
    trees: tuple[Tree, Tree]


def match(before: Sequence[Step], after: Sequence[Step]) -> Match:
    """Match the steps of two nets, both written out or both folded."""
    kinds = Kinds()
    trees = tree_of(before, kinds), tree_of(after, kinds)
    similar = Similar(kinds)
    pairs: Pairs = []
    _descend(*trees, similar, pairs)
    pairs = _without_scopes(before, after, pairs, trees, similar)
    partners: list[int | None] = [None] * len(before)
    back: list[int | None] = [None] * len(after)
    for one, other in pairs:
        partners[one], back[other] = other, one
    moved = _moved(before, after, partners, back)
    for one, other in moved:
        partners[one], back[other] = other, one
    return Match(tuple(partners), tuple(back), frozenset(one for one, _ in moved), trees)


def _descend(left: Tree, right: Tree, similar: Similar, pairs: Pairs) -> None:
    """Collect the pairs of steps in two scopes that are a pair, or of two steps."""
    if not left.children or not right.children:
        pairs.append((left.first, right.first))
        return
    if left.kind == right.kind:
        pairs.extend(zip(range(left.first, left.end), range(right.first, right.end), strict=True))
        return
    for one, other in similar.children(left, right):
        _descend(left.children[one], right.children[other], similar, pairs)


def _without_scopes(
    before: Sequence[Step],
    after: Sequence[Step],
    pairs: Pairs,
    trees: tuple[Tree, Tree],
    similar: Similar,
) -> Pairs:
    """Also the pairs of steps that are left over between two pairs, in whichever scopes."""
    leaves = [list(tree.leaves()) for tree in trees]
    found: Pairs = []
    last = (-1, -1)
    for one, other in [*pairs, (len(before), len(after))]:
        ours, theirs = leaves[0][last[0] + 1 : one], leaves[1][last[1] + 1 : other]
        if ours and theirs:
            found += _free(ours, theirs, before, after, similar)
        if one < len(before):
            found.append((one, other))
        last = one, other
    return found


def _free(
    ours: Sequence[Tree],
    theirs: Sequence[Tree],
    before: Sequence[Step],
    after: Sequence[Step],
    similar: Similar,
) -> Pairs:
    def score(one: int, other: int) -> float:
        left, right = ours[one], theirs[other]
        found = similar.steps(left.kind, right.kind)
        if found <= 0 or not similar.alike(left, right):
            return 0.0
        label = label_score(left, right)
        same = before[left.first].parts[:-1] == after[right.first].parts[:-1]
        return found + label + same

    pairs = aligned([each.kind for each in ours], [each.kind for each in theirs], score)
    return [(ours[one].first, theirs[other].first) for one, other in pairs]


def _moved(
    before: Sequence[Step],
    after: Sequence[Step],
    partners: Sequence[int | None],
    back: Sequence[int | None],
) -> Pairs:
    """Equal steps that are left over on both sides: near each other, or with the same name."""
    ours = [number for number, partner in enumerate(partners) if partner is None]
    theirs = [number for number, partner in enumerate(back) if partner is None]
    if not ours or not theirs:
        return []
    found: Pairs = []
    places = _places(partners), _places(back)
    homes = _homes(before, after, partners)
    free: dict[object, list[int]] = {}
    for other in theirs:
        free.setdefault(after[other].op, []).append(other)
    for one in ours:
        home = homes.get(before[one].parts[:-1])
        near = [
            (
                not _named_alike(before[one], after[other]),
                abs(places[0][one] - places[1][other]),
                other,
            )
            for other in free.get(before[one].op, ())[:_MOST]
        ]
        near = [
            each
            for each in near
            if not each[0] or (each[1] <= _NEAR and after[each[2]].parts[:-1] == home)
        ]
        if near:
            other = min(near)[2]
            free[before[one].op].remove(other)
            found.append((one, other))
    return found


def _homes(
    before: Sequence[Step], after: Sequence[Step], partners: Sequence[int | None]
) -> dict[Parts, Parts]:
    """What the scopes of the net before are in the net after, by a step that is in both."""
    return {
        before[one].parts[:-1]: after[other].parts[:-1]
        for one, other in enumerate(partners)
        if other is not None
    }


def _places(partners: Sequence[int | None]) -> list[int]:
    """How many matched steps come before each step."""
    found, count = [], 0
    for partner in partners:
        found.append(count)
        count += partner is not None
    return found


def _named_alike(before: Step, after: Step) -> bool:
    """Whether the paths of two steps agree from the last name on that an author chose."""
    for one, other in zip(reversed(before.parts), reversed(after.parts), strict=False):
        if one != other:
            return False
        if not is_automatic(one):
            return True
    return False
