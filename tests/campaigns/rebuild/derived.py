"""Elementwise operators that have no function of their own here: torch's module for each."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from netlang.ir.op import Op
from netlang.ir.types import TensorType
from netlang.ops import all_operators
from tests.campaigns.elementwise import is_elementwise
from tests.campaigns.rebuild.table import LAYERS, Layer, Step
from tests.ops.torch_modules import build

__all__ = ["add_derived", "layer_of"]


def add_derived() -> None:
    """Add the functions that are missing, once all others are there."""
    for kind in all_operators():
        if kind.name not in LAYERS and is_elementwise(kind):
            LAYERS[kind.name] = layer_of(kind)


def layer_of(kind: type[Op]) -> Layer:
    """The function that an elementwise operator gets: arguments as JSON has them."""
    construct: Callable[..., Op] = kind

    def computed(step: Step) -> Tensor:
        module = build(construct(**step.arguments), (TensorType(tuple(step.x.shape[1:])),))
        made = module.train(step.training)(step.x)
        assert isinstance(made, Tensor)
        return made

    return computed
