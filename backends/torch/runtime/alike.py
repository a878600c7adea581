"""Groups examples of different sizes into batches of one size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

__all__ = ["by_size"]


def by_size(
    batches: Iterable[list[tuple[list[Tensor], int, int]]],
) -> Iterator[tuple[list[Tensor], Tensor]]:
    """The examples of each size in a batch: their views, stacked over the scales, and labels."""
    for examples in batches:
        alike: dict[tuple[torch.Size, ...], list[tuple[list[Tensor], int]]] = {}
        for views, label, _ in examples:
            alike.setdefault(tuple(each.shape for each in views), []).append((views, label))
        for found in alike.values():
            scales = zip(*(views for views, _ in found), strict=True)
            labels = torch.tensor([label for _, label in found])
            yield [torch.stack(each) for each in scales], labels
