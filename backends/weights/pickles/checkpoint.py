"""PyTorch files: state dicts, and checkpoints that contain one under a name.

Since a pickle can run code, they are read only by torch with ``weights_only=True``, and only after
`archive` has checked that reading takes no more than the file holds.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from netlang.backends.weights.arrays import numpy_type
from netlang.backends.weights.diagnostics import (
    NoSuchEntry,
    NotAStateDict,
    UnreadableWeights,
    UnsafeWeights,
)
from netlang.backends.weights.pickles.archive import named_objects
from netlang.backends.weights.stored import Stored
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import visible
from netlang.ir.types import DType

if TYPE_CHECKING:
    import torch

__all__ = ["ENTRIES", "is_tensor", "loaded", "read_pickled", "stored_tensor"]

ENTRIES = (
    "state_dict", "model_state_dict", "model", "net", "network", "module", "weights", "params",
    "state_dict_ema", "model_ema", "ema_state_dict", "ema", "params_ema", "teacher", "student",
)  # fmt: skip
"""Names under which checkpoints store weights; the first one in a file is used."""
_MOST_NAMES = 5


def read_pickled(
    path: Path, entry: str | None
) -> tuple[dict[str, Stored], str | None, Mapping[object, object]]:
    """The tensors by key, a note on the chosen entry of a checkpoint, and the whole file.

    `entry` is the one to use; None means the file itself or the first of `ENTRIES`. Raises
    `NetlangError` if the file can't be read safely or contains no weights.
    """
    found = loaded(path)
    if not isinstance(found, Mapping):
        raise NetlangError(_not_weights(path, f"a {type(found).__name__}"))
    state, note = _entry(path, found, entry)
    tensors: dict[str, Stored] = {}
    for key, value in state.items():
        if not is_tensor(value):
            raise NetlangError(_not_weights(path, f"something else under `{key}`"))
        if not isinstance(key, str):
            raise NetlangError(_not_weights(path, f"a tensor under `{key}`, which is not a text"))
        tensors[key] = stored_tensor(value)
    return tensors, note, found


def loaded(path: Path, *, mapped: bool = False) -> object:
    """What a file holds; `mapped`, a tensor is read when someone looks at it.

    Raises `NetlangError` where it can't be read safely.
    """
    import pickle

    import torch

    try:
        names = named_objects(path)
    except ValueError as error:
        raise _unreadable(path, str(error)) from None
    try:
        with warnings.catch_warnings():
            # Torch warns of types of tensors that it will drop: no business of a reader.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        named = f": it names {_listed(names)}" if names else ""
        raise NetlangError(UnsafeWeights(span=None, source=str(path), named=named)) from error
    except Exception as error:
        # On damaged files, torch's readers raise various exceptions.
        raise _unreadable(path, f"it is damaged ({type(error).__name__})") from error


def _entry(
    path: Path, found: Mapping[object, object], entry: str | None
) -> tuple[Mapping[object, object], str | None]:
    """The chosen mapping of tensors, and a note on the choice if there was one."""
    inner = {str(key): value for key, value in found.items() if _is_state(value)}
    if entry is not None:
        if entry not in inner:
            among = f"it has {_listed(inner)}" if inner else "it has none"
            raise NetlangError(NoSuchEntry(span=None, source=str(path), entry=entry, among=among))
        return inner[entry], None
    # A state dict has tensors alone; a checkpoint may have some beside its weights (`best_acc1`).
    taken = next((name for name in ENTRIES if name in inner), None)
    if taken is None and (not found or any(is_tensor(value) for value in found.values())):
        return found, None
    if taken is None:
        raise NetlangError(_not_weights(path, f"entries {_listed([str(key) for key in found])}"))
    others = [name for name in inner if name != taken]
    more = f"; --entry takes another: {_listed(others)}" if others else ""
    note = f"`{path}` is a checkpoint: its weights are those of `{taken}`{more}"
    return inner[taken], visible(note)


def stored_tensor(tensor: torch.Tensor) -> Stored:
    """A torch tensor in memory; without data if no weight can use it."""
    import numpy as np
    import torch

    odd = _oddity(tensor)
    name = f"{odd} {_name(tensor)}" if odd else _name(tensor)
    dtype = next((member for member in DType if member.value == name), None)
    shape = () if tensor.is_nested else tuple(tensor.shape)
    if dtype is None:
        return Stored(shape, name, None, np.empty(0, np.uint8))
    plain = tensor.detach()
    if dtype is DType.BFLOAT16:
        plain = plain.view(torch.uint16)  # just bits: numpy doesn't know the type
    return Stored(shape, name, dtype, plain.numpy().view(numpy_type(dtype)))


def _oddity(tensor: torch.Tensor) -> str:
    """Why a tensor isn't an array of numbers in memory."""
    import torch

    if tensor.is_nested:
        return "nested"
    if tensor.device.type != "cpu":
        return tensor.device.type
    if tensor.layout is not torch.strided:
        return str(tensor.layout).removeprefix("torch.")
    if tensor.is_quantized or tensor.is_conj() or tensor.is_neg():
        return "computed"
    # NumPy counts bytes of an empty array by its other sizes.
    return "endless" if prod(size or 1 for size in tensor.shape) >= 1 << 60 else ""


def _name(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def is_tensor(value: object) -> TypeGuard[torch.Tensor]:
    """Whether a value is a torch tensor. This doesn't load torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _is_state(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping) and any(is_tensor(each) for each in value.values())


def _listed(names: Collection[str]) -> str:
    """The first few names, for a message."""
    shown = ", ".join(f"`{name}`" for name in list(names)[:_MOST_NAMES])
    return f"{shown} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else shown


def _unreadable(path: Path, reason: str) -> NetlangError:
    return NetlangError(UnreadableWeights(span=None, source=str(path), reason=reason))


def _not_weights(path: Path, found: str) -> NotAStateDict:
    return NotAStateDict(span=None, source=str(path), found=found)
