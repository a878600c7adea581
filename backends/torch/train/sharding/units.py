"""Divides a net into the parts whose weights are gathered, used and released together.

The author's blocks are the first choice. A block with a large part of the net's weights is divided
further, since what is gathered at once has to be small compared to the whole. Tiny blocks stay part
of what contains them, since each part costs a message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from torch import nn

from netlang.backends.torch.emit.helpers import HELPERS

__all__ = ["units"]

# Shares of the net's elements.
_LARGE, _TINY = 8, 256
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def units(model: nn.Module) -> list[nn.Module]:
    """Modules inside the model, each after those inside it; the model itself has the rest."""
    return list(_inside(model, _elements(model.parameters()), _uses(model)))


def _uses(model: nn.Module) -> Counter[nn.Parameter]:
    """How many modules use each weight."""
    return Counter(
        parameter for module in model.modules() for parameter in module.parameters(recurse=False)
    )


def _inside(module: nn.Module, total: int, uses: Counter[nn.Parameter]) -> Iterator[nn.Module]:
    for child in module.children():
        found = list(_inside(child, total, uses)) if _opened(child, total) else []
        yield from found
        taken = {parameter for unit in found for parameter in unit.parameters()}
        left = set(child.parameters()) - taken
        # Weights that two modules share belong to what holds both.
        within = _uses(child)
        alone = all(within[each] == uses[each] for each in left)
        if alone and not isinstance(child, _CONTAINERS) and _elements(left) * _TINY >= total:
            yield child


def _opened(module: nn.Module, total: int) -> bool:
    """Whether the parts of a module are gathered separately.

    A layer may read the weights of its parts without calling them, so it isn't divided.
    """
    if isinstance(module, _CONTAINERS):
        return True
    layer = type(module).__module__.startswith("torch.") or type(module).__name__ in HELPERS
    return not layer and _elements(module.parameters()) * _LARGE > total


def _elements(parameters: Iterable[nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters)
