"""What the tests of detection nets share: our nets by name, weights for them, and comparisons."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from netlang.backends.torch import build
from netlang.backends.weights import slots
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.oracle import largest_difference

__all__ = ["agree", "differ", "drawn", "keys", "keys_of", "part", "program", "with_weights"]


@cache
def program(name: str) -> Program:
    return load_program(name)


def keys(name: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(slot.key, slot.weight.shape) for slot in slots(program(name))]


def keys_of(model: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    return [(key, tuple(value.shape)) for key, value in model.state_dict().items()]


def drawn(shapes: list[tuple[str, tuple[int, ...]]], seed: int) -> dict[str, Tensor]:
    """Weights that keep the variance through a ReLU, and random biases."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, shape in shapes:
        fan_in = max(1, torch.Size(shape[1:]).numel())
        values = torch.empty(shape).uniform_(-1, 1, generator=generator)
        state[key] = values.mul_((6 / fan_in) ** 0.5 if len(shape) > 1 else 0.3)
    return state


def with_weights(name: str, state: dict[str, Tensor]) -> nn.Module:
    """Our module, deployed, with weights that it shares."""
    with torch.device("meta"):
        model = build(program(name)).eval()
    model.load_state_dict(state, assign=True)
    return model


def agree(found: tuple[Tensor, ...], expected: tuple[Tensor, ...], limit: float = 1e-5) -> None:
    assert [one.shape for one in found] == [one.shape for one in expected]
    assert max(map(largest_difference, found, expected)) <= limit


def differ(one: tuple[Tensor, ...], two: tuple[Tensor, ...]) -> None:
    """Outputs that depend on the image."""
    assert min(map(largest_difference, one, two)) >= 0.01


def part(model: nn.Module, name: str) -> dict[str, Tensor]:
    """The weights of `model` that one of our nets has."""
    state = model.state_dict()
    return {key: state[key] for key, _ in keys(name)}
