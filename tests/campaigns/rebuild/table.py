"""The table of layers: for each operator a function of its inputs, weights and arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, final

from torch import Tensor

__all__ = ["LAYERS", "Json", "Layer", "Step", "flag", "layer", "number", "text", "whole"]

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"


@final
@dataclass(frozen=True)
class Step:
    """One step at work: its inputs, its weights by name, its arguments, its outputs' sizes.

    `batched` is False for what is made of learned tensors alone, which has no batch.
    """

    inputs: list[Tensor]
    weights: Mapping[str, Tensor]
    arguments: Mapping[str, Json]
    shapes: list[list[int]]
    training: bool
    batched: bool = True

    @property
    def x(self) -> Tensor:
        """The first input."""
        return self.inputs[0]

    @property
    def rank(self) -> int:
        """Number of spatial axes of an image."""
        return self.x.dim() - 2

    def get(self, name: str) -> Tensor | None:
        """A weight that may be missing."""
        return self.weights.get(name)

    def per_axis(self, name: str) -> list[int]:
        """An argument for each spatial axis."""
        value = self.arguments[name]
        if isinstance(value, int):
            return [value] * self.rank
        return wholes(value)

    def axis(self, name: str = "axis") -> int:
        """An axis that leaves out the batch, as one of the tensor."""
        given = self.arguments[name]
        axis = 0 if given is None else whole(given)
        return from_front(axis, self.x) if self.batched else axis


Layer: TypeAlias = Callable[[Step], "Tensor | tuple[Tensor, ...]"]
LAYERS: dict[str, Layer] = {}
_Function = TypeVar("_Function", bound=Layer)


def layer(*names: str) -> Callable[[_Function], _Function]:
    """Files a function under the names of operators."""

    def add(function: _Function) -> _Function:
        LAYERS.update(dict.fromkeys(names, function))
        return function

    return add


def from_front(axis: int, x: Tensor) -> int:
    """An axis counted without the batch, which stands in front, or from the end."""
    return axis + 1 if axis >= 0 else x.dim() + axis


def whole(value: Json) -> int:
    assert isinstance(value, int)
    return value


def number(value: Json) -> float:
    assert isinstance(value, int | float)
    return float(value)


def flag(value: Json) -> bool:
    assert isinstance(value, bool)
    return value


def text(value: Json) -> str:
    assert isinstance(value, str)
    return value


def wholes(value: Json) -> list[int]:
    assert isinstance(value, list)
    return [whole(each) for each in value]
