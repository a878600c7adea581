"""Batches that are gathered together lie in memory as each by itself would."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from netlang.backends.torch.data.loading.resident import Resident
from netlang.backends.torch.data.sets import Tensors


@pytest.mark.parametrize(("batch", "length"), [(7, 6), (16, 4), (5, 16), (1, 1)])
def test_aligned(batch: int, length: int) -> None:
    """What a sum gives depends on it, and must not depend on where a run goes on."""
    count = batch * 9 + 1
    inputs = torch.arange(count * length).float().reshape(count, length)
    source = Resident(Tensors((inputs,), {"y": inputs[:, :1]}), torch.device("cpu"))
    numbers = np.arange(count)[::-1].copy()
    plan = [numbers[start : start + batch] for start in range(0, count, batch)]
    for first in (0, 1, 4):
        seen = list(source.batches(0, lambda _: plan, first))
        assert len(seen) == len(plan) - first
        for rows, made in zip(plan[first:], seen, strict=True):
            assert torch.equal(made.inputs[0], inputs[torch.from_numpy(rows)])
            assert made.inputs[0].data_ptr() % 64 == 0
            assert made.targets["y"].data_ptr() % 64 == 0
