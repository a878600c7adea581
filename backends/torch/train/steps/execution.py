"""How a device computes: number format, memory layout, compiled or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import CannotCompile, PrecisionMissing
from netlang.recipes.recipe import Precision, Recipe

__all__ = ["called", "multiplying", "require_execution"]


def require_execution(recipe: Recipe, device: torch.device) -> None:
    """Raise `NetlangError` for what the device can't do, before anything is read or written."""
    if recipe.precision is Precision.TF32 and not _has_tf32(device):
        raise NetlangError(
            PrecisionMissing(
                span=recipe.places["precision"],
                precision="tf32",
                device=str(device),
                need="an NVIDIA GPU of compute capability 8.0 or above",
            )
        )
    if recipe.precision is Precision.BF16 and not _has_bf16(device):
        raise NetlangError(
            PrecisionMissing(
                span=recipe.places["precision"],
                precision="bf16",
                device=str(device),
                need="a GPU that computes in bfloat16 (fp16 works on older ones)",
            )
        )
    if recipe.compile:
        _require_compiler(recipe, device)


def _has_tf32(device: torch.device) -> bool:
    if device.type != "cuda":
        return False
    major, _ = torch.cuda.get_device_capability(device)
    return major >= 8


def _has_bf16(device: torch.device) -> bool:
    if device.type != "cuda":
        return True
    with torch.cuda.device(device):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def _require_compiler(recipe: Recipe, device: torch.device) -> None:
    """Compile a single sum; whatever fails here would also fail for the net."""
    try:
        torch.compile(_one_more)(torch.zeros(2, device=device))
    except RuntimeError as error:
        why = str(error).strip().splitlines()[0]
        raise NetlangError(
            CannotCompile(span=recipe.places["compile"], device=str(device), why=why)
        ) from None


def _one_more(x: torch.Tensor) -> torch.Tensor:
    return x + 1.0


def called(model: nn.Module, recipe: Recipe) -> nn.Module:
    """The module that training calls, compiled or not. Evaluation uses the model itself."""
    if not recipe.compile:
        return model
    compiled = torch.compile(model)
    assert isinstance(compiled, nn.Module)
    return compiled


@contextmanager
def multiplying(recipe: Recipe) -> Iterator[None]:
    """Inside, TF32 is used for float32 matrices and convolutions if, and only if, `tf32` is set.

    By default, PyTorch uses float32 for matrices and TF32 for convolutions.
    """
    matrices, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matrices.allow_tf32, convolutions.allow_tf32
    matrices.allow_tf32 = convolutions.allow_tf32 = recipe.precision is Precision.TF32
    try:
        yield
    finally:
        matrices.allow_tf32, convolutions.allow_tf32 = before
