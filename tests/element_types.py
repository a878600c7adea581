"""Cases of operators with other floats than float32."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from netlang.ir.op import Case
from netlang.ir.types import DType, float_type
from netlang.records import replace

__all__ = ["OTHER_FLOATS", "cases_in", "torch_type"]

OTHER_FLOATS = (DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)


def torch_type(dtype: DType) -> torch.dtype:
    """PyTorch's type of elements."""
    found: torch.dtype = getattr(torch, dtype.value)
    return found


def cases_in(cases: Iterator[Case], floats: DType) -> Iterator[Case]:
    """The cases that read floats, with floats of another type."""
    for case in cases:
        if float_type(case.inputs) is None:
            continue
        inputs = tuple(
            replace(type_, dtype=floats) if type_.dtype.is_float else type_ for type_ in case.inputs
        )
        yield replace(case, inputs=inputs)
