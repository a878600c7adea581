"""Groups the blocks of a program so that each distinct structure is drawn once.

Two functions belong to one variant if they come from the same block and are wired alike, regardless
of their numbers. For example, ResNet's `bottleneck` has two variants, with and without a
projection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from netlang.backends.graphviz.structure.view import view_of
from netlang.ir.program import Function, Program
from netlang.records import Record

__all__ = ["Variant", "Variants", "variants_of"]


class Variant(Record, eq=False):
    """One structure of a block: the functions that have it and their number of applications."""

    name: str
    mark: str
    members: tuple[Function, ...]
    uses: int
    level: int

    @property
    def title(self) -> str:
        """The block's name, followed by a letter if the block has several variants."""
        return f"{self.name} {self.mark}" if self.mark else self.name


class Variants(Record, eq=False):
    """All variants of a program, in the order of their first use."""

    all: tuple[Variant, ...]
    by_function: dict[Function, Variant]
    captioned: dict[str, frozenset[str]]
    uses: Mapping[str, int]
    """The number of applications of the blocks with a name."""

    def of(self, function: Function) -> Variant:
        return self.by_function[function]

    def is_single(self, function: Function) -> bool:
        """Whether the block is used once in the whole program."""
        return self.uses[function.name] == 1


def variants_of(program: Program) -> Variants:
    """All variants below the net."""
    levels, uses = _inventory(program.net)
    keys: dict[Function, object] = {}
    grouped: dict[object, list[Function]] = {}
    for function in levels:
        grouped.setdefault(_key(function, keys), []).append(function)
    several = _count(members[0].name for members in grouped.values())
    seen, applied = dict[str, int](), Counter[str]()
    variants = []
    for members in grouped.values():
        name = members[0].name
        seen[name] = seen.get(name, 0) + 1
        mark = f"({_letters(seen[name])})" if several[name] > 1 else ""
        total = sum(uses[member] for member in members)
        applied[name] += total
        level = min(levels[member] for member in members)
        variants.append(Variant(name, mark, tuple(members), total, level))
    by_function = {member: variant for variant in variants for member in variant.members}
    return Variants(tuple(variants), by_function, _captioned(tuple(levels)), applied)


def _inventory(net: Function) -> tuple[dict[Function, int], dict[Function, int]]:
    """The depth below the net and the number of applications of every function, by first use."""
    levels: dict[Function, int] = {}
    uses: dict[Function, int] = {}
    frontier: list[tuple[Function, int]] = [(net, 1)]
    level = 0
    while frontier:
        level += 1
        below: dict[Function, int] = {}
        for function, times in frontier:
            for callee, count in _calls(function):
                levels.setdefault(callee, level)
                uses[callee] = uses.get(callee, 0) + times * count
                below[callee] = below.get(callee, 0) + times * count
        frontier = list(below.items())
    return levels, uses


def _calls(function: Function) -> Iterator[tuple[Function, int]]:
    for step in view_of(function).steps:
        if isinstance(step.node.callee, Function):
            times = step.times
            for group in step.groups:
                times *= group.count
            yield step.node.callee, times


def _key(function: Function, keys: dict[Function, object]) -> object:
    """A key that is equal for functions of one variant."""
    if function not in keys:
        view = view_of(function)
        steps = tuple(
            (
                step.node.path,
                step.node.module,
                step.node.auxiliary,
                step.sources,
                step.times,
                step.groups,
                step.node.callee.name
                if isinstance(step.node.callee, Function)
                else type(step.node.callee),
            )
            for step in view.steps
        )
        keys[function] = (function.name, len(function.inputs), steps, view.outputs)
    return keys[function]


def _captioned(functions: tuple[Function, ...]) -> dict[str, frozenset[str]]:
    """For each block, the parameters to show at a call: those that differ between its uses."""
    captioned: dict[str, frozenset[str]] = {}
    named: dict[str, list[Function]] = {}
    for function in functions:
        named.setdefault(function.name, []).append(function)
    for name, alike in named.items():
        captioned[name] = frozenset(
            parameter
            for parameter, value in alike[0].arguments.items()
            if len(alike) == 1
            or any(other.arguments.get(parameter) != value for other in alike[1:])
        )
    return captioned


def _count(names: Iterator[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _letters(number: int) -> str:
    """A number as letters: 1 is a, 26 is z, 27 is aa."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text
