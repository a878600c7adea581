"""Tensors of given numbers, from the arguments alone unless the state has them."""

from __future__ import annotations

import torch
from torch import Tensor

from tests.campaigns.rebuild.table import Step, layer, number, whole, wholes

__all__: list[str] = []


def _made(step: Step, value: Tensor) -> Tensor:
    """What the state holds, if anything, which must be the same."""
    kept = step.get("")
    if kept is None:
        return value
    assert torch.allclose(kept.float(), value.float())
    return kept


@layer("constant")
def _constant(step: Step) -> Tensor:
    given = torch.tensor(step.arguments["values"])
    return _made(step, given.long() if step.arguments["dtype"] == "int64" else given.float())


@layer("arange")
def _arange(step: Step) -> Tensor:
    places = torch.tensor(range(step.shapes[0][0])) * whole(step.arguments["step"])
    numbers = places + whole(step.arguments["start"])
    return _made(step, numbers if step.arguments["dtype"] == "int64" else numbers.float())


@layer("linspace")
def _linspace(step: Step) -> Tensor:
    start, stop = number(step.arguments["start"]), number(step.arguments["stop"])
    return _made(step, torch.linspace(start, stop, step.shapes[0][0]))


@layer("full")
def _full(step: Step) -> Tensor:
    return _filled(step, number(step.arguments["value"]))


@layer("zeros")
def _zeros(step: Step) -> Tensor:
    return _filled(step, 0.0)


@layer("ones")
def _ones(step: Step) -> Tensor:
    return _filled(step, 1.0)


@layer("eye")
def _eye(step: Step) -> Tensor:
    return _made(step, torch.eye(step.shapes[0][0]))


@layer("window_offsets")
def _window_offsets(step: Step) -> Tensor:
    """By the places of each pair, one after the other."""
    given = step.arguments["window"]
    rows, columns = wholes(given) if isinstance(given, list) else [whole(given)] * 2
    places = [(i, j) for i in range(rows) for j in range(columns)]
    numbers = [
        (i - k + rows - 1) * (2 * columns - 1) + j - m + columns - 1
        for i, j in places
        for k, m in places
    ]
    made = torch.tensor(numbers).view(step.shapes[0])
    return _made(step, made if step.arguments["dtype"] == "int64" else made.float())


def _filled(step: Step, value: float) -> Tensor:
    made = torch.full(step.shapes[0], value)
    return _made(step, made.long() if step.arguments["dtype"] == "int64" else made)
