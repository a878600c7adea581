"""What the torch modules of the operators have in common, and how one is found for an operator."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch

import torch
from torch import Tensor, nn

from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types

__all__ = ["Applied", "Around", "build", "by_rank", "channels", "tensors", "torch_axis"]


def tensors(inputs: Types, batch: int, integers_below: int = 2) -> list[Tensor]:
    """Random values of the given types, which must have plain sizes."""
    return [_tensor(x, batch, integers_below) for x in inputs]


def _tensor(x: TensorType, batch: int, integers_below: int) -> Tensor:
    shape = [int(str(size)) for size in x.shape]
    full = shape if x.batch is None else [batch, *shape]
    if x.dtype.is_float:
        return torch.rand(full, dtype=getattr(torch, x.dtype.value)) - 0.5
    return torch.randint(integers_below, full, dtype=getattr(torch, x.dtype.value))


class Applied(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> object:
        return self.function(*inputs)


@singledispatch
def build(op: Op, inputs: Types) -> nn.Module:
    """The torch module of `op` for the given inputs."""
    raise NotImplementedError(f"no torch module is known for {op.name}")


def by_rank(prefix: str, inputs: Types) -> type[nn.Module]:
    found: type[nn.Module] = getattr(nn, f"{prefix}{inputs[0].rank - 1}d")
    return found


def channels(inputs: Types) -> int:
    return int(str(inputs[0].channels))


class Around(nn.Module):
    """A module between two functions, with the module's own state."""

    def __init__(
        self,
        inner: nn.Module,
        before: Callable[[Tensor], Tensor],
        after: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__()
        self.inner, self.before, self.after = [inner], before, after
        for name, value in inner.named_parameters():
            self.register_parameter(name, value)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.inner[0](self.before(x)))


def torch_axis(axis: int) -> int:
    return axis if axis < 0 else axis + 1
