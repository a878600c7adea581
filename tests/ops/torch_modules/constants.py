"""Constants, as torch makes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from netlang.ir.types import Types
from netlang.ops import constants
from tests.analysis.oracles import torchvision_models
from tests.ops.torch_modules.base import build

__all__: list[str] = []


class _Kept(nn.Module):
    """A tensor whose key is empty, if it has one; torch has no such name."""

    def __init__(self, value: Tensor, persistent: bool) -> None:
        super().__init__()
        self.value, self.persistent = [value], persistent

    def state_dict(self, *_: object, **__: object) -> dict[str, Tensor]:  # type: ignore[override]  # one key
        return {"": self.value[0]} if self.persistent else {}

    def named_buffers(self, *_: object, **__: object) -> Iterator[tuple[str, Tensor]]:
        return iter(self.state_dict().items())

    def forward(self) -> Tensor:
        return self.value[0]


def _type(name: str) -> torch.dtype:
    return torch.float32 if name == "float" else torch.int64


@build.register
def _(op: constants.Listed, inputs: Types) -> nn.Module:
    return _Kept(torch.tensor(op.values, dtype=_type(op.dtype)), op.persistent)


@build.register
def _(op: constants.Arange, inputs: Types) -> nn.Module:
    count = int(str(op.size))
    numbers = torch.arange(op.start, op.start + count * op.step, op.step, dtype=_type(op.dtype))
    return _Kept(numbers, op.persistent)


@build.register
def _(op: constants.Linspace, inputs: Types) -> nn.Module:
    return _Kept(torch.linspace(op.start, op.stop, int(str(op.size))), op.persistent)


@build.register
def _(op: constants.Full, inputs: Types) -> nn.Module:
    return _Kept(torch.full(_sizes(op), op.value, dtype=_type(op.dtype)), op.persistent)


@build.register
def _(op: constants.Zeros, inputs: Types) -> nn.Module:
    return _Kept(torch.zeros(_sizes(op), dtype=_type(op.dtype)), op.persistent)


@build.register
def _(op: constants.Ones, inputs: Types) -> nn.Module:
    return _Kept(torch.ones(_sizes(op), dtype=_type(op.dtype)), op.persistent)


@build.register
def _(op: constants.Eye, inputs: Types) -> nn.Module:
    return _Kept(torch.eye(int(str(op.size))), op.persistent)


@build.register
def _(op: constants.WindowOffsets, inputs: Types) -> nn.Module:
    attention: Any = torchvision_models().swin_transformer.ShiftedWindowAttention
    found: Tensor = attention(4, list(op.extents), [0, 0], 1).relative_position_index
    places = op.extents[0] * op.extents[1]
    value = found if op.flat else found.view(places, places)
    return _Kept(value.to(_type(op.dtype)), op.persistent)


def _sizes(op: constants.Filled) -> list[int]:
    return [int(str(size)) for size in op.shape]
