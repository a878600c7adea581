"""How alike steps and scopes are, once for each two kinds of them.

Two steps can be a pair if their operators are the same or of one family, or if their author named
them alike. A scope is as similar to another as their best aligned steps are together.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlang.diff.align import Pairs, aligned
from netlang.diff.steps import Step
from netlang.diff.tree import Kinds, Tree, is_automatic
from netlang.ops import family_of
from netlang.records import Draft, field, names_of

__all__ = ["Similar", "label_score"]

_SAME_OPERATOR, _SAME_ARGUMENTS, _SAME_FAMILY = 4.0, 3.0, 1.5
_SAME_OUTPUT, _SAME_INPUT = 1.0, 1.0
_SAME_NAME, _OTHER_NAME = 3.0, -1.0
# Numbers move with every step before them: they only decide between what else is as good.
_SAME_NUMBER = 0.001
# Families of which one operator takes the place of another without further changes.
_EXCHANGED = {"Activations", "Normalisations", "Pools", "Merges", "Convolutions and linear maps"}
# Pairs of scopes that are compared in full; beyond, only equal ones and their names count.
_MOST_SCOPES = 4000


def label_score(left: Tree, right: Tree) -> float:
    """What the labels of two subtrees say for or against their being a pair."""
    one, other = left.label, right.label
    if one == other:
        if is_automatic(one):
            return _SAME_NUMBER
        return _SAME_NAME * (1 + min(left.size, right.size) / 4)
    if is_automatic(one) or is_automatic(other):
        return 0.0
    return _OTHER_NAME


class Similar(Draft):
    """The similarities that were found so far."""

    kinds: Kinds
    _steps: dict[tuple[int, int], float] = field(default_factory=dict)
    _scopes: dict[tuple[int, int], tuple[float, Pairs]] = field(default_factory=dict)

    def children(self, left: Tree, right: Tree) -> Pairs:
        """The pairs of children of two scopes, by their places."""
        return self._aligned(left, right)[1]

    def steps(self, one: int, other: int) -> float:
        """How alike steps of two kinds are; 0 or less if only a name could make them a pair."""
        key = one, other
        if key not in self._steps:
            left, right = self.kinds.models[one][1], self.kinds.models[other][1]
            assert left is not None
            assert right is not None
            self._steps[key] = _of_steps(left, right)
        return self._steps[key]

    def alike(self, left: Tree, right: Tree) -> bool:
        """Whether two steps can be one in different scopes: equal, or of the same name."""
        if left.label == right.label and not is_automatic(left.label):
            return True
        return self.steps(left.kind, right.kind) >= _SAME_OPERATOR + _SAME_ARGUMENTS

    def _pair(self, left: Tree, right: Tree) -> float:
        """How well two subtrees fit; 0 if they can't be a pair."""
        if bool(left.children) != bool(right.children):
            return 0.0
        label = label_score(left, right)
        if left.children:
            own = self._aligned(left, right)[0]
            return max(0.0, own + label) if own > 0 else 0.0
        own = self.steps(left.kind, right.kind)
        if own <= 0 and not (left.label == right.label and not is_automatic(left.label)):
            return 0.0
        return max(0.0, own + label)

    def _aligned(self, left: Tree, right: Tree) -> tuple[float, Pairs]:
        """The similarity of two scopes, and the pairs of their children."""
        key = left.kind, right.kind
        if key not in self._scopes:
            self._scopes[key] = self._compared(left, right)
        return self._scopes[key]

    def _compared(self, left: Tree, right: Tree) -> tuple[float, Pairs]:
        ours, theirs = left.children, right.children
        if len(self._scopes) > _MOST_SCOPES:
            pairs = [(place, place) for place in range(min(len(ours), len(theirs)))]
            pairs = [(a, b) for a, b in pairs if bool(ours[a].children) == bool(theirs[b].children)]
            return float(len(pairs)), pairs

        kept = _kept_names(ours, theirs)
        known: dict[tuple[str, int, str, int], float] = {}

        def score(one: int, other: int) -> float:
            a, b = ours[one], theirs[other]
            key = a.label, a.kind, b.label, b.kind
            found = known.get(key)
            if found is None:
                taken = a.label != b.label and bool(kept & {a.label, b.label})
                found = known[key] = 0.0 if taken else self._pair(a, b)
            return found

        pairs = aligned(
            [(_name(child), child.kind) for child in ours],
            [(_name(child), child.kind) for child in theirs],
            score,
            ([_name(child) for child in ours], [_name(child) for child in theirs]),
            ([child.kind for child in ours], [child.kind for child in theirs]),
        )
        return sum(score(one, other) for one, other in pairs), pairs


def _name(tree: Tree) -> str | None:
    """The label of a subtree that its author chose."""
    return None if is_automatic(tree.label) else tree.label


def _kept_names(ours: Sequence[Tree], theirs: Sequence[Tree]) -> set[str]:
    """Names that both sides have, and that mean the same there.

    A name with a number at its end may have moved on: `conv2` may have become `conv3`.
    """
    left, right = ({child.label for child in side} for side in (ours, theirs))
    return {label for label in left & right if not label[-1:].isdecimal() and label[:1] != "{"}


def _of_steps(left: Step, right: Step) -> float:
    if type(left.op) is not type(right.op):
        family = family_of(left.op.name)
        alike = family in _EXCHANGED and family == family_of(right.op.name)
        return _SAME_FAMILY if alike and len(left.inputs) == len(right.inputs) else 0.0
    found = _SAME_OPERATOR
    if left.op == right.op:
        found += _SAME_ARGUMENTS
    else:
        names = names_of(left.op)
        same = sum(getattr(left.op, name) == getattr(right.op, name) for name in names)
        found += _SAME_ARGUMENTS * same / len(names) - 0.5
    found += _SAME_OUTPUT * (left.types == right.types)
    return found + _SAME_INPUT * (left.inputs == right.inputs)
