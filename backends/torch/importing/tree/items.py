"""What a body consists of: steps, regions of steps, and merges with their branches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias, final

from netlang.backends.torch.importing.steps import Maker, SourceStep
from netlang.records import Draft, field

__all__ = ["Item", "Leaf", "Merge", "ModuleRegion", "gives", "reads", "result_of", "steps_of"]


@final
class Leaf(Draft, eq=False):
    """One step."""

    step: SourceStep


@final
class ModuleRegion(Draft, eq=False):
    """A module with weights in it: `path` is its key in the source, `kind` its class."""

    path: str
    kind: str
    items: list[Item] = field(default_factory=list)
    inputs: list[Maker] = field(default_factory=list)
    outputs: list[Maker] = field(default_factory=list)


@final
class Merge(Draft, eq=False):
    """A step of several inputs, each of which is a branch that starts at `fork`."""

    step: SourceStep
    fork: Maker
    branches: list[list[Item]]


Item: TypeAlias = Leaf | ModuleRegion | Merge


def steps_of(items: Iterable[Item]) -> Iterator[SourceStep]:
    """Every step of a body, in the order of its text."""
    for item in items:
        match item:
            case Leaf(step):
                yield step
            case ModuleRegion():
                yield from steps_of(item.items)
            case Merge():
                for branch in item.branches:
                    yield from steps_of(branch)
                yield item.step


def gives(item: Item) -> set[Maker]:
    """All values that are made inside."""
    return {Maker(step, port) for step in steps_of([item]) for port in range(step.outputs)}


def reads(item: Item) -> list[Maker]:
    """The values that come from outside, each once."""
    own = gives(item)
    found: dict[Maker, None] = {}
    for step in steps_of([item]):
        for value in step.read:
            if value.source not in own:
                found.setdefault(value.source)
    return list(found)


def result_of(item: Item) -> Maker | None:
    """The value that the next step goes on from, if there is one alone."""
    match item:
        case Leaf(step) | Merge(step):
            return Maker(step) if step.outputs == 1 else None
        case ModuleRegion():
            return item.outputs[0] if len(item.outputs) == 1 else None
