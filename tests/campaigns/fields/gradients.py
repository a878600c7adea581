"""Which input places each output element reads, by gradients: the oracle of receptive fields."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tests.campaigns.fields.smooth import Smooth

__all__ = ["Element", "influence", "intervals"]

# An element of an output by its place along each axis, without the batch.
Element = tuple[int, ...]

# A gradient this much smaller than an element's largest is rounding: the weight of an interpolated
# neighbour that stands at the very place, for instance. Taps multiply up, so that what is read at
# the end of many layers' windows counts for little too; nets of few layers stay far above it.
NOISE = 1e-13
# What a mask leaves of an attention weight, e^-100, is nothing either, if it is all there is.
MASKED = 1e-30


def influence(
    module: nn.Module,
    inputs: Sequence[Tensor],
    output: int,
    elements: Sequence[Element],
    *,
    statistics: bool = True,
    together: bool = True,
) -> list[Tensor]:
    """For each input the gradients of all elements: [element, *shape], absolute values.

    Every element has an example of its own, with the same inputs; examples don't meet in eval mode.
    Large nets take less work with one example for all, which is gone back through for each element:
    not `together`.
    """
    count = len(elements) if together else 1
    repeated = [x.expand(count, *x.shape[1:]).clone() for x in inputs]
    leaves = [x.requires_grad_() for x in repeated if x.is_floating_point()]
    with Smooth(statistics=statistics):
        found = module(*repeated)
    value = found[output] if isinstance(found, tuple) else found
    value = value.expand(count, *value.shape[1:])
    if together:
        picked = [value[(row, *place)] for row, place in enumerate(elements)]
        return _gradients(torch.stack(picked).sum(), leaves)
    each = [_gradients(value[(0, *place)], leaves) for place in elements]
    return [torch.cat(own) for own in zip(*each, strict=True)]


def _gradients(value: Tensor, leaves: Sequence[Tensor]) -> list[Tensor]:
    """Absolute values; 0 where nothing of an input counts."""
    if not value.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(value, leaves, allow_unused=True, retain_graph=True)
    return [
        torch.zeros_like(leaf) if gradient is None else gradient.abs()
        for leaf, gradient in zip(leaves, found, strict=True)
    ]


def intervals(gradients: Tensor, axis: int, noise: float = NOISE) -> list[tuple[int, int] | None]:
    """The first and the last place along an axis that each element reads: of [element, *shape]."""
    others = [other for other in range(1, gradients.dim()) if other != axis + 1]
    along = gradients.amax(others) if others else gradients
    least = (along.amax(1, keepdim=True) * noise).clamp(min=MASKED if noise else 0.0)
    read = (along > least).to(torch.uint8)
    size = read.shape[1]
    first, last = read.argmax(1).tolist(), (size - 1 - read.flip(1).argmax(1)).tolist()
    some = read.any(1).tolist()
    return [(a, b) if any_ else None for a, b, any_ in zip(first, last, some, strict=True)]
