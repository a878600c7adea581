"""What the torch modules of the operators have in common, and how one is found for an operator."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from math import prod

import torch
from torch import Tensor, nn

from netlang.ir.op import Case, Op, Rejection, Sample
from netlang.ir.types import TensorType, Types

__all__ = ["Applied", "Around", "build", "by_rank", "channels", "samples", "tensors", "torch_axis"]


def samples(case: Case, batch: int, inputs: Types | None = None) -> list[Tensor]:
    """Random values for a case, or for other inputs of plain sizes, that mean what they must."""
    inputs = case.inputs if inputs is None else inputs
    kinds = case.samples or (Sample.ANY,) * len(inputs)
    return [_sample(kind, case, inputs, x, batch) for kind, x in zip(kinds, inputs, strict=True)]


def _sample(kind: Sample, case: Case, inputs: Types, x: TensorType, batch: int) -> Tensor:
    shape = [batch, *(int(str(size)) for size in x.shape)]
    if kind is Sample.PLACES:
        return _places(case.op, inputs, shape)
    if kind is Sample.BOXES:
        return _boxes(inputs[0], shape)
    drawn = _tensor(x, batch, case.integers_below)
    return drawn + 0.6 if kind is Sample.POSITIVE else drawn


def _places(op: Op, inputs: Types, shape: list[int]) -> Tensor:
    """Different numbers in each channel, as long as there are enough of them."""
    places = prod(shape[2:])
    try:
        (y, *_) = op.infer(inputs).outputs
        places = prod(int(str(size)) for size in y.spatial)
    except Rejection:
        pass  # torch must refuse the sizes, whatever the values
    count = prod(shape[2:])
    drawn = torch.rand(*shape[:2], max(places, count)).argsort(-1) % places
    return drawn[..., :count].reshape(shape)


def _boxes(x: TensorType, shape: list[int]) -> Tensor:
    """Corners in order, within the first input."""
    width, height = int(str(x.shape[-1])), int(str(x.shape[-2]))
    corners = torch.rand(*shape[:-1], 2, 2) * torch.tensor([width - 1.0, height - 1.0])
    return corners.sort(-2).values.flatten(-2)


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
        for name, buffer in inner.named_buffers():
            self.register_buffer(name, buffer)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.inner[0](self.before(x)))


def torch_axis(axis: int) -> int:
    return axis if axis < 0 else axis + 1
