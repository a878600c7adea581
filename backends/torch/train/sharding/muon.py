"""Muon when each process has some rows of each matrix.

The direction of a step is an orthogonal matrix close to the momentum, so it needs the whole
momentum. That is gathered for one matrix at a time; `torch.optim.Muon` itself computes the
direction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, final

import torch
from torch import Tensor, nn

from netlang.backends.torch.runtime.muon import MuonAndAdamW

__all__ = ["Gather", "over_rows"]

Gather: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, slice]]
"""For a weight and this process's part of a similar matrix: the whole, and the part's slice."""


def over_rows(optimizer: torch.optim.Optimizer, gather: Gather) -> None:
    """Let an optimizer over rows gather the tensors that it needs as a whole."""
    if isinstance(optimizer, MuonAndAdamW):

        def gathered(weight: Tensor, value: Tensor) -> tuple[Tensor, slice]:
            # In a deep copy of an optimizer a function is the same, a method another.
            return gather(weight, value)

        # Of its part for matrices, `MuonAndAdamW` uses what `_MuonOverRows` has.
        over = _MuonOverRows(optimizer._muon, gathered)
        optimizer._muon = over  # type: ignore[assignment]  # typed by PyTorch's class: a protocol would stand in each script


@final
class _MuonOverRows:
    """The part of `MuonAndAdamW` that changes matrices, with the same groups and state."""

    def __init__(self, muon: torch.optim.Muon, gather: Gather) -> None:
        self.param_groups, self.state = muon.param_groups, muon.state
        self._gather = gather

    def step(self) -> None:
        """One step, as `torch.optim.Muon` makes it."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, group)

    @torch.no_grad()
    def _move(self, weight: Tensor, group: dict[str, Any]) -> None:
        state, gradient = self.state[weight], weight.grad
        assert gradient is not None
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        buffer = state["momentum_buffer"]
        buffer.lerp_(gradient, 1 - group["momentum"])
        update = gradient.lerp(buffer, group["momentum"]) if group["nesterov"] else buffer
        whole, own = self._gather(weight, update)
        # The rows of other processes are theirs to change: zeros stand for them here.
        matrix = nn.Parameter(torch.zeros_like(whole))
        matrix[own] = weight
        matrix.grad = whole
        _without_memory(matrix, group)
        weight.copy_(matrix[own])


def _without_memory(matrix: nn.Parameter, group: dict[str, Any]) -> None:
    """Muon's step for a gradient that already includes the momentum."""
    names = ("lr", "weight_decay", "ns_coefficients", "eps", "ns_steps", "adjust_lr_fn")
    settings = {name: group[name] for name in names}
    muon = torch.optim.Muon([matrix], momentum=0.0, nesterov=False, **settings)
    muon.step()
