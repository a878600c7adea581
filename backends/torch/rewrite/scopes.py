"""The label paths of a function as a tree, and which of its scopes are plain chains.

A plain chain is what `nn.Sequential` can hold: steps numbered from 0, or with labels such as
`block2-0`, each of which reads the result of the one before and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from netlang.backends.torch.lowering import is_plain
from netlang.backends.torch.python.identifiers import is_item
from netlang.ir.program import INPUT, Function, Node, Ref

__all__ = ["OUTPUT", "Branch", "Readers", "LabelScope", "is_chain", "is_numbered", "tree"]

OUTPUT = -2
# A word and a number; with fewer of them, a line for each reads well.
_COUNTED = re.compile(r"([A-Za-z_]+)(0|[1-9][0-9]*)", re.ASCII)
_FEWEST_COUNTED = 4


@dataclass(slots=True)
class LabelScope:
    """The steps under one label path, in order of first appearance.

    `merges` are merges labelled with this scope's own path.
    """

    path: str
    children: dict[str, Branch] = field(default_factory=dict)
    merges: list[int] = field(default_factory=list)

    def members(self) -> Iterator[int]:
        """The nodes in it, including those of inner scopes."""
        for child in self.children.values():
            if isinstance(child, LabelScope):
                yield from child.members()
            else:
                yield child
        yield from self.merges


Branch: TypeAlias = LabelScope | int


def tree(function: Function) -> LabelScope:
    """All nodes by their paths."""
    root = LabelScope("")
    scopes = {
        node.path[:end]
        for node in function.nodes
        for end, char in enumerate(node.path)
        if char == "."
    }
    for index, node in enumerate(function.nodes):
        parts = node.path.split(".")
        is_merge = node.path in scopes
        scope = root
        for depth, part in enumerate(parts if is_merge else parts[:-1]):
            inner = scope.children.setdefault(part, LabelScope(".".join(parts[: depth + 1])))
            assert isinstance(inner, LabelScope)
            scope = inner
        if is_merge:
            scope.merges.append(index)
        else:
            scope.children[parts[-1]] = index
    return root


class Readers:
    """The readers of each value of a function; `OUTPUT` stands for the function's outputs.

    `reused` are the paths of the modules that `reuse` applies again, or that share a tensor.
    """

    def __init__(self, function: Function) -> None:
        self._of: dict[Ref, list[int]] = {}
        for index, node in enumerate(function.nodes):
            for ref in node.inputs:
                self._of.setdefault(ref, []).append(index)
        for output in function.outputs:
            self._of.setdefault(output.ref, []).append(OUTPUT)
        self.function = function
        self.reused = frozenset(path for node in function.nodes for path in _referred(node))

    def of(self, ref: Ref) -> list[int]:
        """The nodes that read a value, once for each read."""
        return self._of.get(ref, [])


def _referred(node: Node) -> Iterator[str]:
    """The modules that a step names besides applying its own."""
    if node.reuses:
        yield node.module
    if node.tied:
        yield node.path
        yield from (tie.module for tie in node.tied)


def _is_plain(function: Function, node: Node) -> bool:
    """Whether a node can stand in an `nn.Sequential`."""
    if isinstance(node.callee, Function):
        return len(node.callee.inputs) == 1 and len(node.callee.outputs) == 1
    return is_plain(node.callee, function.input_types(node), node.types)


def is_chain(readers: Readers, scope: LabelScope) -> bool:
    """Whether a scope of the function of `readers` is a plain chain."""
    function = readers.function
    members = sorted(scope.members())
    if not _is_sequence(function, scope):
        return False
    if not all(_is_plain(function, function.nodes[index]) for index in members):
        return False
    nodes = function.nodes
    for before, index in zip([None, *members], members, strict=False):
        node = nodes[index]
        if (
            node.reuses
            or node.path in readers.reused
            or len(node.inputs) != 1
            or len(node.types) != 1
        ):
            return False
        if before is not None and (
            node.inputs[0] != Ref(before)
            or readers.of(Ref(before)) != [index]
            or node.auxiliary != nodes[before].auxiliary
        ):
            return False
    return scope.path != "" or _is_whole(function, members)


def is_numbered(scope: LabelScope) -> bool:
    """Whether the labels of a scope count from 0."""
    return list(scope.children) == [str(number) for number in range(len(scope.children))]


def _is_sequence(function: Function, scope: LabelScope) -> bool:
    """Whether the labels of a scope, and of those in it, are keys of an `nn.Sequential`.

    Where labels can be attributes, a class with a `forward` reads better, unless they count.
    """
    labels = scope.children
    keys = is_numbered(scope) or all(is_item(label) and not label.isdigit() for label in labels)
    inner = [child for child in labels.values() if isinstance(child, LabelScope)]
    return (
        (keys or _counts(function, scope))
        and not scope.merges
        and all(_is_sequence(function, child) for child in inner)
    )


def _counts(function: Function, scope: LabelScope) -> bool:
    """Whether all in a scope is one block, again and again, under labels that count."""
    label = _COUNTED.fullmatch(next(iter(scope.children), ""))
    if label is None or len(scope.children) < _FEWEST_COUNTED:
        return False
    numbers = range(int(label[2]), int(label[2]) + len(scope.children))
    members = scope.children.values()
    blocks = {
        child.callee.span
        for index in members
        if isinstance(index, int) and isinstance((child := function.nodes[index]).callee, Function)
    }
    return (
        len(blocks) == 1
        and all(isinstance(index, int) for index in members)
        and list(scope.children) == [f"{label[1]}{number}" for number in numbers]
    )


def _is_whole(function: Function, members: list[int]) -> bool:
    """Whether a chain of all steps is everything that the function does."""
    return (
        len(function.inputs) == 1
        and len(function.outputs) == 1
        and bool(members)
        and function.nodes[members[0]].inputs == (Ref(INPUT, 0),)
        and function.outputs[0].ref == Ref(members[-1])
        and not function.nodes[members[0]].auxiliary
    )
