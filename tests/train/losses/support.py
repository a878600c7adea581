"""What the tests of losses share: values, and a loss beside its text."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.backends.torch.recipes.code import Named
from netlang.backends.torch.recipes.losses import TypedOperand, lower_loss
from netlang.backends.torch.runtime import kinds, losses
from netlang.ir.types import DType, TensorType
from netlang.recipes.words.losses import LossFunction

__all__ = ["A", "B", "BODY", "LABEL", "LOGITS", "P", "T", "compare", "namespace", "normal", "side"]


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def side(name: str, value: Tensor) -> TypedOperand:
    kinds = {torch.int64: DType.INT64, torch.float64: DType.FLOAT64}
    return TypedOperand(
        Named(name), TensorType(tuple(value.shape[1:]), kinds.get(value.dtype, DType.FLOAT32))
    )


def compare(function: LossFunction, *given: Tensor, known: bool = True) -> Tensor:
    """The loss of values; its text, executed, must give the same."""
    values = dict(zip(("left", "right"), given, strict=False))
    code = lower_loss(
        function, *(side(n, v) if known else TypedOperand(Named(n)) for n, v in values.items())
    )
    found: Tensor = code.evaluate(values)
    assert torch.equal(found, eval(code.source({}), namespace() | values))
    return found


def namespace() -> dict[str, Any]:
    """What a script has: PyTorch, and the functions of the runtime by their texts."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "Tensor": Tensor}
    for module in (kinds, losses):
        for name in module.__all__:
            exec(inspect.getsource(getattr(module, name)), names)
    return names


A, B = normal(1, 5, 3, 4), normal(2, 5, 3, 4)
P, T = A.sigmoid(), B.sigmoid()
LOGITS, LABEL = normal(3, 6, 10), torch.arange(6) % 10

# A net with an output for training alone.
BODY = """    input x: [40]
    body: linear(8) -> relu -> layer_norm
    auxiliary early: linear(10)
    output logits: linear(10)"""
