"""Windows of a pool that read nothing but padding: those that torch finds no maximum in."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch.nn import functional

from netlang.ir.dims import symbol
from netlang.ir.op import Rejection
from netlang.ir.types import TensorType
from netlang.ops.pool import Maxpool


def refused(pool: Maxpool, size: int) -> str | None:
    """The error that a signal of `size` elements is refused with."""
    try:
        pool.infer((TensorType((1, size)),))
    except Rejection as rejection:
        return rejection.diagnostic.code
    return None


@pytest.mark.parametrize("dilation", range(1, 6))
def test_what_torch_finds_no_maximum_in_is_refused(dilation: int) -> None:
    missed = 0
    for kernel, stride, ceil in product(range(1, 7), range(1, 5), (False, True)):
        for pad, size in product(range(kernel // 2 + 1), range(1, 8)):
            pool = Maxpool(kernel=kernel, stride=stride, pad=pad, dilation=dilation, ceil=ceil)
            code, x = refused(pool, size), torch.zeros(1, 1, size)
            try:
                found = functional.max_pool1d(x, kernel, stride, pad, dilation, ceil)
            except RuntimeError:
                assert code == "E0403"
                continue
            assert (code == "E0420") == bool(torch.isinf(found).any())
            missed += code == "E0420"
    assert (missed > 0) == (dilation > 1)


def test_a_symbolic_size_is_held_to_it() -> None:
    pool = Maxpool(kernel=2, stride=1, pad=1, dilation=3)
    needed = pool.infer((TensorType((1, symbol("L"))),)).constraints
    assert all(each.holds({"L": 3}) for each in needed)
    assert not all(each.holds({"L": 2}) for each in needed)
