"""Where the steps of a body stand, and which labels their weights ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.backends.torch.importing.steps import SourceStep
from netlang.backends.torch.importing.tree.items import Item, Leaf, Merge, ModuleRegion, steps_of

__all__ = ["homes_of", "keys_of", "scopes_around"]


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
    own = [step.key for step in steps_of(items) if step.key and not step.again]
    return frozenset(path for key in own for path in (key, *scopes_around(key)))


def scopes_around(path: str) -> Iterator[str]:
    """The scopes that a path is in: `a.b` and `a` of `a.b.weight`."""
    while path := path.rpartition(".")[0]:
        yield path
