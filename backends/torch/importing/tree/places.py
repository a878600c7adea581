"""Where the steps of a body stand, and which labels their weights ask for."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.torch.importing.steps import SourceStep
from netlang.backends.torch.importing.tree.items import Item, Leaf, Merge, ModuleRegion, steps_of

__all__ = ["homes_of", "keys_of"]


def homes_of(items: Sequence[Item], scope: str) -> dict[SourceStep, str]:
    """The region that each step stands in."""
    found: dict[SourceStep, str] = {}
    for item in items:
        match item:
            case Leaf(step):
                found[step] = scope
            case ModuleRegion():
                found |= homes_of(item.items, item.path)
            case Merge():
                found[item.step] = scope
                for branch in item.branches:
                    found |= homes_of(branch, scope)
    return found


def keys_of(items: Sequence[Item]) -> frozenset[str]:
    """The labels that steps with weights ask for, and the scopes around them."""
    found = set()
    for step in steps_of(items):
        path = step.key or ""
        while path and not step.again:
            found.add(path)
            path = path.rpartition(".")[0]
    return frozenset(found)
