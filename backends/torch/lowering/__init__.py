"""One lowering per operator, in folders by family. Importing this package registers them all."""

from __future__ import annotations

from functools import lru_cache

from netlang.backends.torch.lowering import (
    elements,
    feature_maps,
    features,
    rearranged,
    sequences,
    sized,
)
from netlang.backends.torch.lowering.base import Lowered, Unsupported, lower
from netlang.backends.torch.lowering.one_example import lowered
from netlang.backends.torch.lowering.unsupported import UNSUPPORTED
from netlang.ir.op import Op
from netlang.ir.types import Types

__all__ = ["UNSUPPORTED", "Lowered", "Unsupported", "is_plain", "lower", "lowered"]

_FAMILIES = (elements, feature_maps, features, rearranged, sequences, sized)


@lru_cache(maxsize=4096)
def is_plain(op: Op, inputs: Types, outputs: Types) -> bool:
    """Whether the operator can stand in an `nn.Sequential`."""
    return lowered(op, inputs, outputs).plain
