"""The tensors that an optimizer keeps for a weight, found by a step of a copy on small weights."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import Tensor

from netlang.backends.torch.train.files.part import CheckpointPart
from netlang.backends.torch.train.processes.layout import WeightLayout, optimized

__all__ = ["kept_of", "memory_in"]


def kept_of(
    optimizer: torch.optim.Optimizer, momentum: float | None = None
) -> list[dict[str, Tensor]]:
    """For each weight in order, the tensors that are kept of it after a step, by name.

    They have their final types and shapes, but no memory. `momentum` is for schedules that set one
    where the optimizer itself has none.
    """
    weights = optimized(optimizer)
    small = [torch.zeros((2,) * weight.dim()).to(weight).requires_grad_() for weight in weights]
    copies: dict[int, object] = {}
    for weight, other in zip(weights, small, strict=True):
        copies[id(weight)] = other
        for value in _state(optimizer, weight).values():
            if value.shape == weight.shape:
                copies[id(value)] = torch.zeros_like(other, requires_grad=False).to(value.dtype)
        other.grad = torch.zeros_like(other)
    copy = object.__new__(type(optimizer))
    # All of it: to pickle and to `deepcopy` an optimizer is its groups and state alone.
    copy.__dict__ = deepcopy(optimizer.__dict__, copies)
    if momentum is not None:
        for group in copy.param_groups:
            if "momentum" in group:
                group["momentum"] = momentum
    copy.step()
    return [
        {
            name: torch.empty_like(value, device="meta").new_empty(
                weight.shape if value.shape == other.shape else value.shape
            )
            for name, value in _state(copy, other).items()
        }
        for weight, other in zip(weights, small, strict=True)
    ]


def memory_in(
    part: CheckpointPart, optimizer: torch.optim.Optimizer, layout: WeightLayout
) -> dict[int, dict[str, Tensor]]:
    """The optimizer's tensors in a file, by weight; nothing for a weight without gradients.

    They are this process's part according to `layout`. Raises `ValueError` if they aren't what this
    optimizer keeps.
    """
    expected, moving = kept_of(optimizer), kept_of(optimizer, 0.5)
    held = {name.partition("/")[0] for name in part.names}
    if odd := held - {str(index) for index in range(len(expected))}:
        raise ValueError(f"it has an optimizer's memory of weight {sorted(odd)[0][:40]}")
    wanted = {
        index
        for index, weight in enumerate(optimized(optimizer))
        if str(index) in held or _state(optimizer, weight)
    }
    weights, beside = optimized(optimizer), {}
    for index in sorted(wanted):
        names = part.within(f"{index}/").names
        kept = moving[index] if names == moving[index].keys() else expected[index]
        for name, value in kept.items():
            beside[index, name] = layout.beside(weights[index], value)
    # All at once, which takes the fewest looks at the files of several processes.
    found = part.like({f"{index}/{name}": kept for (index, name), kept in beside.items()})
    memory: dict[int, dict[str, Tensor]] = {index: {} for index in sorted(wanted)}
    for index, name in beside:
        memory[index][name] = found[f"{index}/{name}"]
    return memory


def _state(optimizer: torch.optim.Optimizer, weight: Tensor) -> Mapping[str, Tensor]:
    found: Mapping[str, Tensor] = optimizer.state.get(weight, {})
    return found
