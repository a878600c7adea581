"""Finds a step of a net by its full path, without writing repeats out.

On exit, the calls that lead to the step are known, each with the number of its node, so that facts
of this exact place, such as its receptive field, can be computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TypeAlias

from netlang.ir.op import Op
from netlang.ir.program import Function, Item, Node, Repeat
from netlang.ir.repeats import first_times, step_number
from netlang.records import Record

__all__ = ["LocatedStep", "known_paths", "locate", "paths_of"]

Parts: TypeAlias = tuple[str, ...]


class LocatedStep(Record):
    """A step or scope of `function`, and the calls (function and node number) around it.

    `node` is None for a scope, whose `number` is that of its last step. `label` is its path within
    the function, and `first` the corresponding path in the first time of the repeats around it.
    """

    function: Function
    calls: tuple[tuple[Function, int], ...]
    outer: str
    label: Parts
    first: Parts
    number: int
    node: Node | None = None

    @property
    def path(self) -> str:
        """The full path."""
        return ".".join((*([self.outer] if self.outer else []), *self.label))


def locate(net: Function, path: str) -> LocatedStep | None:
    """The step or scope at `path`, or None."""
    return _in_function(net, tuple(path.split(".")), (), ())


def _in_function(
    function: Function, target: Parts, calls: tuple[tuple[Function, int], ...], outer: Parts
) -> LocatedStep | None:
    found = list(_candidates(function.items, 0, target))
    steps = [each for each in found if each[0] is not None]
    for node, number, first in steps:
        assert node is not None
        length = len(node.path.split("."))
        if length == len(target):
            return LocatedStep(function, calls, ".".join(outer), target, first, number, node)
        if isinstance(node.callee, Function):
            inner = _in_function(
                node.callee, target[length:], (*calls, (function, number)), outer + target[:length]
            )
            if inner:
                return inner
    scopes = [(first, number) for node, number, first in found if node is None]
    if not scopes:
        return None
    return LocatedStep(function, calls, ".".join(outer), target, scopes[0][0], scopes[-1][1])


def _candidates(
    items: tuple[Item, ...], number: int, target: Parts
) -> Iterator[tuple[Node | None, int, Parts]]:
    """Nodes to which `target` may lead, or None if it is a scope, with the path in the first time.

    `number` is that of the first node of `items`. Each comes with its own; one in a repeat of a
    scope with that of the last time.
    """
    for item in items:
        if isinstance(item, Repeat):
            yield from _in_repeat(item, number, target)
            number += item.count * item.size
            continue
        parts = tuple(item.path.split("."))
        if target[: len(parts)] == parts:
            yield item, number, target
        elif parts[: len(target)] == target:
            yield None, number, target
        number += 1


def _in_repeat(
    repeat: Repeat, number: int, target: Parts
) -> Iterator[tuple[Node | None, int, Parts]]:
    """The same in a repeat: the number that grows each time says which time `target` means."""
    time = repeat.count - 1
    if len(target) > repeat.depth:
        counted = step_number(target[repeat.depth])
        if counted is None:
            return
        time = (counted - _first(repeat.items, repeat.depth)) // repeat.step
        if not 0 <= time < repeat.count:
            return
        before = str(counted - time * repeat.step)
        target = (*target[: repeat.depth], before, *target[repeat.depth + 1 :])
    yield from _candidates(repeat.items, number + time * repeat.size, target)


def _first(items: tuple[Item, ...], depth: int) -> int:
    """The least number among the steps of a repeat's first time."""
    return min(
        _first(item.items, depth) if isinstance(item, Repeat) else int(item.path.split(".")[depth])
        for item in items
    )


def known_paths(net: Function, limit: int) -> Iterator[str]:
    """Paths of steps, blocks and scopes for "did you mean", as of first times, up to a limit."""
    for known in _paths(net, ""):
        if limit <= 0:
            return
        limit -= 1
        yield known


def paths_of(net: Function, operator: str, limit: int) -> Iterator[str]:
    """Paths of the steps that apply an operator, among the first `limit` steps.

    It has its own name or the one in the text, such as `gap`.
    """
    for path, node in islice(_steps(net, ""), limit):
        if isinstance(node.callee, Op) and operator in (node.callee.name, _word(node)):
            yield path


def _word(node: Node) -> str:
    """What the text calls the operator of a step."""
    return node.span.text.partition("(")[0].rpartition(":")[2].strip()


def _steps(function: Function, prefix: str) -> Iterator[tuple[str, Node]]:
    for node in first_times(function.items):
        yield prefix + node.path, node
        if isinstance(node.callee, Function):
            yield from _steps(node.callee, f"{prefix}{node.path}.")


def _paths(function: Function, prefix: str) -> Iterator[str]:
    seen: set[str] = set()
    for node in first_times(function.items):
        parts = node.path.split(".")
        for length in range(1, len(parts) + 1):
            path = prefix + ".".join(parts[:length])
            if path not in seen:
                seen.add(path)
                yield path
        if isinstance(node.callee, Function):
            yield from _paths(node.callee, f"{prefix}{node.path}.")
