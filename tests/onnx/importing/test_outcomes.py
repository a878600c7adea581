"""Types of common operators' results, which are found without PyTorch's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from netlang.backends.onnx.importing import outcomes
from netlang.backends.onnx.importing.outcomes import Outcomes

A: Any = torch.ops.aten
X, ROW, THREE = torch.rand(2, 3, 4, 5), torch.rand(4, 1), torch.rand(3)
CASES: dict[str, tuple[Any, Sequence[Any]]] = {
    "one value": (A.relu.default, (X,)),
    "two values": (A.mul.Tensor, (X, ROW)),
    "values that are both stretched": (A.sub.Tensor, (X[:, :1], torch.rand(3, 1, 1))),
    "a number": (A.pow.Tensor_Scalar, (X, 2)),
    "bounds": (A.clamp.default, (X, 0, 6)),
    "a norm": (A.batch_norm.default, (X, THREE, THREE, THREE, THREE, False, 0.1, 1e-5, False)),
    "joined": (A.cat.default, ([X, X, X], -3)),
    "means": (A.mean.dim, (X, [-1, 2], False)),
    "means that stay": (A.mean.dim, (X, [2, 3], True)),
}


def _on_meta(held: Any) -> Any:
    if isinstance(held, list):
        return [_on_meta(each) for each in held]
    return held.to("meta") if isinstance(held, Tensor) else held


@pytest.mark.parametrize("name", CASES)
def test_an_outcome_is_that_of_the_operator(name: str) -> None:
    target, args = CASES[name]
    wanted = target(*args)
    found = outcomes._known(target, [_on_meta(each) for each in args])
    assert found is not None
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    assert Outcomes().of(target, [_on_meta(each) for each in args], {}).shape == wanted.shape


UNUSUAL: dict[str, tuple[Any, Sequence[Any]]] = {
    "whole numbers": (A.div.Tensor, (torch.ones(2, dtype=torch.int64), torch.ones(2))),
    "shapes that don't fit": (A.mul.Tensor, (X, THREE)),
    "another rank": (A.cat.default, ([X, ROW], 0)),
    "an axis that isn't there": (A.mean.dim, (X, [4], True)),
    "an axis twice": (A.mean.dim, (X, [1, -3], True)),
    "statistics of other channels": (
        A.batch_norm.default, (X, ROW, ROW, ROW, ROW, False, 0.1, 1e-5, False)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSUAL)
def test_pytorch_says_what_is_unusual(name: str) -> None:
    target, args = UNUSUAL[name]
    assert outcomes._known(target, [_on_meta(each) for each in args]) is None
