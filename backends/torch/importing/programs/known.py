"""The operators that a program may call. Any other is refused, and never run.

Those of ATen that the import knows, further ones that compute tables and sizes, and arithmetic of
whole numbers. ATen has operators that read files, and internal ones that trust their arguments.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch

from netlang.backends.torch.importing.operators import HANDLERS

__all__ = ["FACTORIES", "SIZES", "SIZE_OF", "SKIPPED", "VIEWS", "aten_name", "known_operator"]

_ATEN = "torch.ops.aten."
FACTORIES = frozenset((
    "arange.default", "arange.start", "arange.start_step", "full.default", "linspace.default",
    "ones.default", "scalar_tensor.default", "zeros.default",
))  # fmt: skip
"""What makes numbers of none."""
_FURTHER = FACTORIES | frozenset((
    "argmax.default", "baddbmm.default", "bitwise_and.Tensor",
    "bitwise_not.default", "bitwise_or.Tensor", "clamp.Tensor", "cumprod.default", "fill_.Scalar",
    "fill_.Tensor", "floor.default", "full_like.default", "gather.default", "logical_and.default",
    "logical_not.default", "logical_or.default", "masked_fill.Scalar",
    "max_pool2d_with_indices.default", "mean.default", "meshgrid.indexing", "pow.Scalar",
    "reciprocal.default", "remainder.Scalar", "sum.default", "tan.default", "tril.default",
    "triu.default",
))  # fmt: skip
SKIPPED = frozenset((
    f"{_ATEN}_assert_scalar.default", f"{_ATEN}_assert_tensor_metadata.default",
    f"{_ATEN}_assert_async.msg", f"{_ATEN}sym_constrain_range_for_size.default",
    f"{_ATEN}sym_constrain_range.default",
))  # fmt: skip
"""What a program checks, and gives nothing."""
VIEWS = frozenset(("view.default", "reshape.default", "_unsafe_view.default"))
"""What is given the sizes of its result, which has the numbers of its input in their order."""

SIZE_OF = f"{_ATEN}sym_size.int"
"""What gives one size of a tensor, as a number."""
SIZES: Mapping[str, Callable[..., Any]] = {
    **{
        f"_operator.{name}": getattr(operator, name)
        for name in ("add", "sub", "mul", "floordiv", "truediv", "mod", "neg", "and_", "or_",
                     "eq", "ne", "lt", "le", "gt", "ge")
    },
    "math.floor": math.floor, "math.ceil": math.ceil, "math.trunc": math.trunc,
    "torch.sym_max": max, "torch.sym_min": min, "torch.sym_int": int, "torch.sym_float": float,
    "torch.sym_not": operator.not_,
}  # fmt: skip
"""Arithmetic of numbers, by the name of its function."""


def aten_name(target: str) -> str | None:
    """The name of an operator among those of ATen: `relu.default`; None if it is another's."""
    return target.removeprefix(_ATEN) if target.startswith(_ATEN) else None


def known_operator(target: str) -> Any | None:
    """The operator of ATen with a name such as `torch.ops.aten.relu.default`; None if unknown."""
    name = aten_name(target)
    if name is None or (f"aten.{name}" not in HANDLERS and name not in _FURTHER):
        return None
    packet, _, overload = name.partition(".")
    return getattr(getattr(torch.ops.aten, packet), overload)
