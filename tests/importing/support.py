"""Importing small modules in tests."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

import netlang

__all__ = ["Case", "body_of", "imported", "same"]


@dataclass(frozen=True)
class Case:
    """A module, the shape of one example, and lines that its spec has."""

    module: nn.Module
    shape: tuple[int, ...]
    lines: tuple[str, ...]


def imported(module: nn.Module, *shapes: tuple[int, ...]) -> netlang.Net:
    """The net of a module for inputs of these shapes, which the import has compared with it."""
    return netlang.from_torch(module, [torch.zeros(2, *shape) for shape in shapes], name="it")


def body_of(net: netlang.Net) -> list[str]:
    """The lines of the spec without indentation."""
    assert net.text is not None
    return [line.strip() for line in net.text.splitlines() if line.strip()]


def same(one: nn.Module, other: nn.Module, example: Tensor) -> bool:
    """Whether two modules in evaluation give the same."""
    with torch.no_grad():
        return torch.equal(one.eval()(example), other.eval()(example))
