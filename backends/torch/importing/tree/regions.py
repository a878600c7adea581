"""Puts steps into regions, by the modules that they stand in.

A module is a region if it has weights in it and its steps are all together. Others leave their
names to the labels alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netlang.backends.torch.importing.steps import Maker, ModuleCall, SourceStep
from netlang.backends.torch.importing.tree.items import (
    Item,
    Leaf,
    ModuleRegion,
    gives,
    reads,
    steps_of,
)
from netlang.backends.torch.importing.tree.places import scopes_around

__all__ = ["live", "regions"]


def live(steps: Sequence[SourceStep], outputs: Iterable[Maker]) -> list[SourceStep]:
    """The steps that lead to an output."""
    wanted = {each.step for each in outputs}
    found: list[SourceStep] = []
    for step in reversed(steps):
        if step in wanted:
            found.append(step)
            wanted |= {value.step for value in step.read}
    return found[::-1]


def regions(steps: Sequence[SourceStep], outputs: Iterable[Maker]) -> ModuleRegion:
    """The tree of all steps; its root is the net."""
    inside = {scope for step in steps for scope in scopes_around(step.key or "")}
    scopes = {module.path for step in steps for module in step.modules if module.path in inside}
    dissolved: set[str] = set()
    while True:
        root, again = _built(steps, scopes - dissolved)
        if not again:
            break
        dissolved |= again
    _find_ends(root, set(outputs))
    return root


def _built(steps: Sequence[SourceStep], scopes: set[str]) -> tuple[ModuleRegion, set[str]]:
    """A tree, and the modules that would be regions twice."""
    root = ModuleRegion("", "")
    chain: list[tuple[ModuleCall, ModuleRegion]] = []
    first: dict[str, str] = {}
    twice: set[str] = set()
    for step in steps:
        wanted = [each for each in _around(step, scopes) if _is_first(each, first)]
        same = 0
        while same < min(len(chain), len(wanted)) and chain[same][0] == wanted[same]:
            same += 1
        del chain[same:]
        for module in wanted[same:]:
            region = ModuleRegion(module.path, module.kind)
            if module.path in first:
                twice.add(module.path)
            first[module.path] = module.call
            (chain[-1][1] if chain else root).items.append(region)
            chain.append((module, region))
        (chain[-1][1] if chain else root).items.append(Leaf(step))
    return root, twice


def _is_first(module: ModuleCall, first: dict[str, str]) -> bool:
    """Whether a call of a module is the one that makes its region."""
    return first.get(module.path, module.call) == module.call


def _around(step: SourceStep, scopes: set[str]) -> list[ModuleCall]:
    """The regions around a step, from the outermost one.

    The label of a step with weights is under those of its regions.
    """
    found: list[ModuleCall] = []
    for module in step.modules:
        if module.path not in scopes:
            continue
        if step.key is not None and not step.again and not step.key.startswith(f"{module.path}."):
            break
        if found and not module.path.startswith(f"{found[-1].path}."):
            break
        found.append(module)
    return found


def _find_ends(region: ModuleRegion, wanted: set[Maker]) -> None:
    """Fill in what each region reads from outside, and what others read of it."""
    region.inputs = [each for each in reads(region) if each.step is not None or region.path]
    made = gives(region)
    region.outputs = [each for each in _in_order(region.items) if each in made and each in wanted]
    read = {source for item in region.items for source in reads(item)}
    for item in region.items:
        if isinstance(item, ModuleRegion):
            _find_ends(item, {each for each in gives(item) if each in read or each in wanted})


def _in_order(items: Sequence[Item]) -> list[Maker]:
    return [Maker(step, port) for step in steps_of(items) for port in range(step.outputs)]
