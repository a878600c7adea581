"""Operators on a value without a batch axis: what torch gives for a batch of that one example."""

from __future__ import annotations

from torch import Tensor, nn

from netlang.ir.op import Op
from netlang.ir.types import Types
from netlang.records import replace
from tests.ops.torch_modules import base

__all__ = ["build"]


class _OneExample(nn.Module):
    """A module for batches, applied to one example; it has the module's own state."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = [inner]
        for name, value in inner.named_parameters():
            self.register_parameter(name, value)
        for name, buffer in inner.named_buffers():
            self.register_buffer(name, buffer)

    def forward(self, x: Tensor) -> object:
        made = self.inner[0](x[None])
        return tuple(y[0] for y in made) if isinstance(made, tuple) else made[0]


def build(op: Op, inputs: Types) -> nn.Module:
    """The torch module of `op` for the given inputs."""
    if len(inputs) != 1 or inputs[0].batch is not None:
        return base.build(op, inputs)
    return _OneExample(base.build(op, (replace(inputs[0], batch=1),)))
