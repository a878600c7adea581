"""Compares gradients with slopes: backpropagation beside finite differences, in double precision.

A slope is the central difference (f(w + h) - f(w - h)) / 2h, whose error falls with h^2. Where the
function has a kink between w - h and w + h, as a ReLU has at 0, no slope is the right one. There
the two one-sided slopes go on to differ however small h is, and the place is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, final

import torch
from torch import Tensor

__all__ = ["SlopeCount", "WrongGradient", "compared_gradients"]

Function: TypeAlias = Callable[[], Tensor]
# The widths of the differences, the first for most places. Rounding costs 1e-16 / h of the value.
_WIDTHS = (1e-5, 1e-6, 1e-7)
_RELATIVE = 1e-4
_ABSOLUTE = 1e-6


@final
@dataclass(frozen=True)
class WrongGradient:
    """An element of the tensor `name` whose gradient isn't the slope there."""

    name: str
    index: tuple[int, ...]
    gradient: float
    slope: float

    def __str__(self) -> str:
        place = ", ".join(map(str, self.index))
        numbers = f"backpropagation gives {self.gradient:.4g}, the slope is {self.slope:.4g}"
        return f"`{self.name}[{place}]`: {numbers}"


@final
@dataclass
class SlopeCount:
    """How many elements were compared, how many lie at kinks, and the wrong ones."""

    compared: int = 0
    kinks: int = 0
    wrong: list[WrongGradient] = field(default_factory=list)


@final
@dataclass(frozen=True)
class _Place:
    """One element of a tensor, which it moves."""

    function: Function
    tensor: Tensor
    index: tuple[int, ...]

    @property
    def value(self) -> float:
        return float(self.tensor.data[self.index])

    def at(self, shift: float) -> float:
        """The function's value with the element moved."""
        before = self.value
        self.tensor.data[self.index] = before + shift
        try:
            return float(self.function())
        finally:
            self.tensor.data[self.index] = before


def compared_gradients(
    function: Function, tensors: Mapping[str, Tensor], each: int, seed: int
) -> SlopeCount:
    """The gradients of a scalar function of `tensors`, on up to `each` elements of every tensor.

    The tensors are float64 leaves that require gradients, and the function reads them where they
    are; two calls have to give the same value. One that doesn't depend on a tensor has slope 0.
    """
    for tensor in tensors.values():
        tensor.grad = None
    value = function()
    if value.requires_grad:
        value.backward()
    draws = torch.Generator().manual_seed(seed)
    count = SlopeCount()
    scale = abs(float(value.detach()))
    with torch.no_grad():
        for name, tensor in tensors.items():
            gradient = tensor.grad
            for index in _chosen(tensor, gradient, each, draws):
                found = 0.0 if gradient is None else float(gradient[index])
                _compare(count, name, _Place(function, tensor, index), found, scale)
    return count


def _chosen(
    tensor: Tensor, gradient: Tensor | None, each: int, draws: torch.Generator
) -> Iterator[tuple[int, ...]]:
    """Some elements: the one of the largest gradient, and others by chance."""
    if not tensor.numel():
        return
    chosen = torch.randperm(tensor.numel(), generator=draws)[:each].tolist()
    if gradient is not None:
        steepest = int(gradient.reshape(-1).abs().argmax())
        chosen = [steepest, *(index for index in chosen if index != steepest)][:each]
    for index in chosen:
        found = torch.unravel_index(torch.tensor(index), tensor.shape)
        yield tuple(int(place) for place in found)


def _compare(count: SlopeCount, name: str, place: _Place, found: float, scale: float) -> None:
    middle = place.at(0.0)
    slope = 0.0
    kinked = False
    for width in _WIDTHS:
        size = width * max(1.0, abs(place.value))
        after, before = place.at(size), place.at(-size)
        slope = (after - before) / (2 * size)
        allowed = _RELATIVE * max(abs(slope), abs(found)) + _ABSOLUTE * max(1.0, scale)
        if abs(slope - found) <= allowed:
            count.compared += 1
            return
        right, left = (after - middle) / size, (middle - before) / size
        kinked = abs(right - left) > allowed
    if kinked:
        count.kinks += 1
        return
    count.compared += 1
    count.wrong.append(WrongGradient(name, place.index, found, slope))
