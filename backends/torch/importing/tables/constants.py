"""Tensors of the source as values of the language: parameters, and tables of given numbers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Argument, BareWord, Dims, SourceTensor
from netlang.ops.constants.listed import MOST_LISTED

__all__ = ["argument_of_constant", "shortest", "window_of_offsets"]

_SHORT = f"a table of more than {MOST_LISTED} numbers, which no rule of the language makes"


def argument_of_constant(stored: SourceTensor) -> tuple[str, dict[str, Argument]]:
    """The operator that gives a tensor, and its arguments."""
    tensor = stored.tensor.detach()
    floats = tensor.is_floating_point()
    if stored.key and stored.persistent and floats:
        arguments: dict[str, Argument] = {"shape": tuple(tensor.shape)}
        flat = tensor.reshape(-1)
        if flat.numel() and float(flat[0]) and bool((flat == flat[0]).all()):
            arguments["init"] = float(f"{float(flat[0]):.7g}")
        if not stored.trained:
            arguments["trainable"] = False
        return "parameter", arguments
    kept: dict[str, Argument] = {"persistent": True} if stored.persistent and stored.key else {}
    if not floats:
        if tensor.dtype is torch.bool:
            raise NotSayable("a constant of truth values", "compare values in the spec")
        kept["dtype"] = BareWord("int64")
    return _table(tensor, kept)


def shortest(tensor: Tensor) -> Tensor:
    """A table without what repeats along its axes: those have size 1 then."""
    for axis, size in enumerate(tensor.shape):
        if size > 1 and bool((tensor == tensor.narrow(axis, 0, 1)).all()):
            tensor = tensor.narrow(axis, 0, 1)
    return tensor


def _table(tensor: Tensor, kept: dict[str, Argument]) -> tuple[str, dict[str, Argument]]:
    if any(size % BATCH == 0 for size in tensor.shape):
        raise NotSayable("a constant with a batch axis")
    window = window_of_offsets(tensor)
    if window is not None:
        flat: dict[str, Argument] = {"flat": True} if tensor.dim() == 1 else {}
        return "window_offsets", {"window": Dims(window), **flat, **_without_type(kept)}
    if tensor.dim() and tensor.numel() and bool((tensor == tensor.reshape(-1)[0]).all()):
        value = tensor.reshape(-1)[0].item()
        return "full", {"shape": tuple(tensor.shape), "value": value, **kept}
    if tensor.dim() == 0:
        return "constant", {"values": (_nested(tensor.item()),), **kept}
    if tensor.numel() > MOST_LISTED:
        raise NotSayable(_SHORT, "compute it in the spec")
    return "constant", {"values": _nested(tensor.tolist()), **kept}


def _without_type(kept: dict[str, Argument]) -> dict[str, Argument]:
    return {name: each for name, each in kept.items() if name != "dtype"}


def _nested(held: object) -> Argument:
    if isinstance(held, list):
        return tuple(_nested(each) for each in held)
    assert isinstance(held, int | float)
    # The fewest digits that are the same in float32.
    return float(str(np.float32(held))) if isinstance(held, float) else held


def window_of_offsets(tensor: Tensor) -> tuple[int, int] | None:
    """The square window whose `window_offsets` a table is, if it is one."""
    if tensor.is_floating_point() or tensor.dim() > 2:
        return None
    side = round(tensor.numel() ** 0.25)
    if side < 2 or side > 32 or side**4 != tensor.numel():
        return None
    place = torch.arange(side)
    y, x = (each.reshape(-1) for each in torch.meshgrid(place, place, indexing="ij"))
    rows = (y[:, None] - y + side - 1) * (2 * side - 1)
    table = rows + x[:, None] - x + side - 1
    same = table.reshape(tensor.shape) if tensor.dim() == 1 else table
    return (side, side) if same.shape == tensor.shape and bool((same == tensor).all()) else None
