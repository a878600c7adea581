"""The steps of a net as a tree of scopes, with equal subtrees known as such.

A scope that is left and entered again is two subtrees, so that the leaves stay in order. Subtrees
of both nets that agree in everything but their own label have the same `kind`, a number: what is
found about two of them once holds for all of their kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from netlang.diff.steps import Parts, Step
from netlang.records import Draft, Record, field

__all__ = ["Kinds", "Tree", "is_automatic", "tree_of"]


class Tree(Record, eq=False, gc=False):
    """A scope with its children, or a single step without any.

    `first` and `end` are the numbers of its steps, `label` the last component of its path.
    """

    label: str
    first: int
    end: int
    kind: int
    children: tuple[Tree, ...]

    @property
    def size(self) -> int:
        return self.end - self.first

    def leaves(self) -> Iterator[Tree]:
        """The single steps, in order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


class Kinds(Draft):
    """Numbers for what subtrees are: the same for equal ones, of whichever net."""

    _known: dict[object, int] = field(default_factory=dict)
    models: list[tuple[Tree, Step | None]] = field(default_factory=list)
    """A subtree of each kind, and its step if it is a single one."""

    def of(self, key: object) -> int:
        return self._known.setdefault(key, len(self._known))

    def keep(self, tree: Tree, step: Step | None) -> Tree:
        if tree.kind == len(self.models):
            self.models.append((tree, step))
        return tree


def is_automatic(label: str) -> bool:
    """Whether a component of a path is a number or range, which nobody chose as a name."""
    return label.isdecimal() or label.startswith("{")


def tree_of(steps: Sequence[Step], kinds: Kinds) -> Tree:
    """The whole net as one scope."""
    return _scope("", steps, range(len(steps)), 0, kinds)


def _scope(label: str, steps: Sequence[Step], numbers: range, level: int, kinds: Kinds) -> Tree:
    children = tuple(_children(steps, numbers, level, kinds))
    kind = kinds.of(tuple([(child.label, child.kind) for child in children]))
    return kinds.keep(Tree(label, numbers.start, numbers.stop, kind, children), None)


def _children(steps: Sequence[Step], numbers: range, level: int, kinds: Kinds) -> Iterator[Tree]:
    for (label, has_parts), group in groupby(
        numbers, lambda number: _start(steps[number].parts, level)
    ):
        own = list(group)
        if has_parts:
            yield _scope(label, steps, range(own[0], own[-1] + 1), level + 1, kinds)
            continue
        for number in own:
            step = steps[number]
            kind = kinds.of((step.op, step.inputs, step.types, step.times))
            yield kinds.keep(Tree(label, number, number + 1, kind, ()), step)


def _start(parts: Parts, level: int) -> tuple[str, bool]:
    """The label at a level of a path, and whether the path goes on below it."""
    return parts[level], len(parts) > level + 1
