"""Which parts of a net can be a block, and their text as a body of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netlang.backends.torch.importing.steps import Maker
from netlang.backends.torch.importing.text.labels import TakenLabels
from netlang.backends.torch.importing.text.pieces import AppliedText, Statement
from netlang.backends.torch.importing.text.values import ValueNames
from netlang.backends.torch.importing.text.writer import BodyWriter, written
from netlang.backends.torch.importing.tree.items import Item, Merge, ModuleRegion, steps_of
from netlang.backends.torch.importing.tree.places import homes_of, keys_of

__all__ = [
    "body_alone", "containers_within", "is_closed", "is_container", "is_worth", "read_elsewhere",
    "regions_in",
]  # fmt: skip

_CONTAINERS = (".Sequential", ".ModuleList")


def regions_in(items: Sequence[Item]) -> Iterator[ModuleRegion]:
    """Every region of a body, the outer ones first."""
    for item in items:
        if isinstance(item, ModuleRegion):
            yield item
            yield from regions_in(item.items)
        elif isinstance(item, Merge):
            for branch in item.branches:
                yield from regions_in(branch)


def read_elsewhere(root: ModuleRegion) -> set[str]:
    """Regions with weights that steps outside of them use too."""
    found = set()
    for step in steps_of([root]):
        if step.again and step.key is not None:
            path = step.key
            while path:
                found.add(path)
                path = path.rpartition(".")[0]
    return found


def is_closed(region: ModuleRegion) -> bool:
    """Whether a region has one input and one output, and its labels are its own."""
    inside = f"{region.path}."
    foreign = any(
        step.again and not (step.key or "").startswith(inside) for step in steps_of(region.items)
    )
    return len(region.inputs) == len(region.outputs) == 1 and not foreign


def is_container(kind: str) -> bool:
    """Whether a module only holds others."""
    return kind.endswith(_CONTAINERS)


def containers_within(root: ModuleRegion, kinds: Mapping[str, int]) -> set[str]:
    """Containers in modules that are there several times, and so blocks themselves."""
    found: set[str] = set()
    for outer in regions_in(root.items):
        if kinds[outer.kind] > 1 and not is_container(outer.kind):
            found |= {each.path for each in regions_in(outer.items) if is_container(each.kind)}
    return found


def is_worth(kind: str, statements: Sequence[Statement]) -> bool:
    """Whether a block is shorter than what it replaces."""
    steps = [
        each for statement in statements for each in statement if isinstance(each, AppliedText)
    ]
    if is_container(kind):
        return len(steps) > 3
    return len(steps) > 2 or any(each.name in ("conv", "linear", "bn") for each in steps)


def body_alone(
    region: ModuleRegion,
    calls: Mapping[str, AppliedText],
    ends: Mapping[Maker, Sequence[ModuleRegion]],
) -> list[Statement]:
    """The statements of a region as a body of its own, whose input is `in`."""
    start = region.inputs[0]
    keys = TakenLabels(keys_of(region.items))
    homes = homes_of(region.items, region.path)
    names = ValueNames(region.path, {start: "in"}, keys, ends, homes)
    return written(BodyWriter(names, calls), region.items, start, region.outputs)
