"""Finds the branches of merges: chains of steps that begin at one value.

A step whose inputs all come along such chains becomes `add { ...; identity }`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from netlang.backends.torch.importing.steps import Maker, SourceStep
from netlang.backends.torch.importing.tree.items import (
    Item,
    Leaf,
    Merge,
    ModuleRegion,
    gives,
    reads,
    result_of,
    steps_of,
)

__all__ = ["with_merges"]

_MERGES = {"add", "sub", "mul", "div", "max", "min", "concat", "matmul"}
_DEPTH, _STEPS = 4, 80


def with_merges(items: Sequence[Item], outputs: Sequence[Maker]) -> list[Item]:
    """A body with its branches, where they are chains from one fork."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, ModuleRegion):
            item.items = with_merges(item.items, item.outputs)
        found.append(item)
    uses = _uses(items, outputs)
    makers = {made: each for each in found if (made := result_of(each)) is not None}
    merges: dict[int, Merge] = {}
    taken: set[int] = set()
    for item in items:
        if isinstance(item, Leaf) and item.step.op in _MERGES and len(item.step.inputs) > 1:
            merged = _merged(item.step, makers, uses)
            if merged is not None:
                merges[id(item)] = makers[Maker(item.step)] = merged
                uses[merged.fork] -= sum(map(_begins, merged.branches)) - 1
                for each in (each for branch in merged.branches for each in branch):
                    taken.add(id(each))
                    made = result_of(each)
                    if made is not None:
                        del makers[made]
    whole = (merges.get(id(item), item) for item in found if id(item) not in taken)
    return [item for item in whole if id(item) not in taken]


def _uses(items: Sequence[Item], outputs: Sequence[Maker]) -> Counter[Maker]:
    """How often each value is read."""
    uses: Counter[Maker] = Counter(outputs)
    for item in items:
        if isinstance(item, Leaf):
            uses.update(value.source for value in item.step.read)
        else:
            uses.update(reads(item))
    return uses


def _merged(step: SourceStep, makers: Mapping[Maker, Item], uses: Counter[Maker]) -> Merge | None:
    branches: list[list[Item]] = []
    forks: set[Maker] = set()
    for value in step.inputs:
        branch, fork = _chain(value.source, makers, uses)
        branches.append(branch)
        if fork is not None:
            forks.add(fork)
    if len(forks) != 1:
        return None
    fork = forks.pop()
    parts = [item for branch in branches for item in branch]
    if len({id(each) for each in parts}) < len(parts):
        return None
    if _depth(parts) >= _DEPTH or sum(1 for _ in steps_of(parts)) > _STEPS:
        return None
    own = {source for item in parts for source in gives(item)}
    if fork in own:
        return None
    return Merge(step, fork, branches)


def _begins(branch: Sequence[Item]) -> bool:
    """Whether a branch reads the fork: one of learned tensors alone doesn't."""
    return not branch or bool(_inputs(branch[0]))


def _depth(items: Sequence[Item]) -> int:
    """How many merges stand in one another."""
    inner = [_depth([each for branch in item.branches for each in branch]) + 1
             for item in items if isinstance(item, Merge)]  # fmt: skip
    return max(inner, default=0)


def _chain(
    source: Maker, makers: Mapping[Maker, Item], uses: Counter[Maker]
) -> tuple[list[Item], Maker | None]:
    """The steps that lead to a value alone, and where they begin; None for a learned tensor.

    A chain that is too long for a branch is left where that shows.
    """
    chain: list[Item] = []
    while uses[source] == 1 and source in makers and len(chain) <= _STEPS:
        item = makers[source]
        inputs = _inputs(item)
        if len(inputs) > 1:
            break
        chain.append(item)
        if not inputs:
            return chain[::-1], None
        source = inputs[0]
    return chain[::-1], source


def _inputs(item: Item) -> list[Maker]:
    match item:
        case Leaf(step):
            if len(step.read) > len(step.inputs):
                return [value.source for value in step.read]
            return list(dict.fromkeys(value.source for value in step.inputs))
        case Merge():
            return reads(item)
        case ModuleRegion():
            return item.inputs
