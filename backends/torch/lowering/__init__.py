"""One lowering per operator, in files by family. Importing this package registers them all."""

from __future__ import annotations

from functools import lru_cache

from netlang.backends.torch.lowering import (
    activation,
    attention,
    constants,
    conv,
    cut,
    elementary,
    layout,
    linear,
    merge,
    norm,
    places,
    pool,
    random,
    recurrent,
    region,
    shuffle,
    sized,
    tensor,
    upsample,
    vector,
)
from netlang.backends.torch.lowering.base import Lowered, Unsupported, lower
from netlang.backends.torch.lowering.one_example import lowered
from netlang.backends.torch.lowering.unsupported import UNSUPPORTED
from netlang.ir.op import Op
from netlang.ir.types import Types

__all__ = ["UNSUPPORTED", "Lowered", "Unsupported", "is_plain", "lower", "lowered"]

_FAMILIES = (
    activation, attention, constants, conv, cut, elementary, layout, linear, merge, norm, places,
    pool, random,
    recurrent, region, shuffle, sized, tensor, upsample, vector,
)  # fmt: skip


@lru_cache(maxsize=4096)
def is_plain(op: Op, inputs: Types, outputs: Types) -> bool:
    """Whether the operator can stand in an `nn.Sequential`."""
    return lowered(op, inputs, outputs).plain
