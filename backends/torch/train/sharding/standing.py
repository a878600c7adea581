"""A model that all processes call equally often, even without examples.

A call gathers weights together with the other processes. Without examples, it runs on made-up ones,
whose results don't count.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from netlang.backends.torch.train.processes.batch_norm import shares_statistics

__all__ = ["Attended", "made_up"]


@final
class Attended(nn.Module):
    """Calls a model; without examples, it returns a zero with zero gradient.

    `counted` are the indices of the outputs that a loss counts; the others have no gradient.
    Without `spare`, the net is called even with no examples.
    """

    def __init__(self, model: nn.Module, counted: tuple[int, ...], *, spare: bool) -> None:
        super().__init__()
        self.model = model
        self._counted = counted
        self._spare = spare

    def forward(self, *inputs: Tensor) -> object:
        if len(inputs[0]) or not self._spare:
            return self.model(*inputs)
        with _remembering_nothing(self.model):
            found = self.model(*(made_up(each) for each in inputs))
        values = found if isinstance(found, tuple) else (found,)
        return torch.stack(
            [values[each].flatten()[:0].float().sum() for each in self._counted]
        ).sum()


def made_up(inputs: Tensor) -> Tensor:
    """An example shaped like those of a batch, with numbers at which every function is defined."""
    shape = (1, *inputs.shape[1:])
    if not inputs.is_floating_point():
        return inputs.new_zeros(shape)
    count = inputs[0].numel() if len(inputs) else inputs.new_zeros(shape).numel()
    numbers = torch.linspace(0.5, 1.5, count, dtype=torch.float64, device="cpu")
    return numbers.reshape(shape).to(inputs)


@contextmanager
def _remembering_nothing(model: nn.Module) -> Iterator[None]:
    """Inside, batch norms neither use the batch, of one example, nor update statistics."""
    norms = [
        module
        for module in model.modules()
        if isinstance(module, _NormBase) and module.training and not shares_statistics(module)
    ]
    for module in norms:
        module.training = False
    try:
        yield
    finally:
        for module in norms:
            module.training = True
