"""A module with given weights: those of a file or mapping, or initial ones from a seed.

A seed gives the same values as in an ONNX file: they depend only on the seed and the weight's key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netlang.backends.torch.emit.registration import name_among
from netlang.backends.torch.run.execute import instance
from netlang.backends.weights import Slot, Stored, constants, given, initial, numpy_type, slots
from netlang.backends.weights.given import name_of
from netlang.build import BuildOptions
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.uncaught import warn_the_caller

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import nn

__all__ = ["fill", "filled", "tensor_of", "unfilled"]


def filled(
    program: Program,
    options: BuildOptions,
    *,
    guard: bool = False,
    tell: Callable[[str], None] = warn_the_caller,
) -> nn.Module:
    """The network in training mode, with weights as `options` say.

    Raises `NetlangError` if a file doesn't fit. `tell` gets notes on it: with `partial`, what was
    not loaded.
    """
    owned = slots(program)
    tensors = _state(owned, _found(program, options, tell), options.seed)
    module = unfilled(program, guard=guard)
    fill(module, tensors)
    return module


def unfilled(program: Program, *, guard: bool = False, frees: bool = False) -> nn.Module:
    """The network in training mode, whose weights have no memory; its constants are there."""
    module = instance(program, "meta", guard=guard, frees=frees)
    for slot in constants(program):
        _give(module, slot)
    return module


def fill(module: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Give a module a tensor for each of its keys, in whose memory it computes.

    A tensor that has several keys has that of the first one.
    """
    tied, first = list[tuple[str, str]](), dict[int, str]()
    for key, held in module.state_dict(keep_vars=True).items():
        other = first.setdefault(id(held), key)
        if other != key:
            tied.append((key, other))
    module.load_state_dict(tensors, assign=True)
    for key, other in tied:
        _tie(module, key, other)


def _state(
    owned: tuple[Slot, ...], found: Mapping[str, Stored], seed: int
) -> dict[str, torch.Tensor]:
    """The values of all keys.

    They are copies, made once the file was found whole: what it maps may change or be cut off.
    """
    import numpy as np

    tensors = {
        slot.key: tensor_of(
            np.array(
                found[slot.key].array(slot.dtype) if slot.key in found else initial(slot, seed)
            )
        )
        for slot in owned
        if slot.tied is None
    }
    return tensors | {slot.key: tensors[slot.tied] for slot in owned if slot.tied is not None}


def _give(module: nn.Module, slot: Slot) -> None:
    """Fill in a constant, which isn't part of the state."""
    path, _, label = slot.key.rpartition(".")
    owner = module.get_submodule(path)
    name = name_among(label, dict(owner.named_buffers(recurse=False)))
    owner.register_buffer(name, tensor_of(initial(slot, 0)), persistent=False)


def _tie(module: nn.Module, key: str, other: str) -> None:
    """Make the parameter under `key` the one that is under `other`."""
    path, _, name = key.rpartition(".")
    module.get_submodule(path).register_parameter(name, module.get_parameter(other))


def tensor_of(data: NDArray[np.generic]) -> torch.Tensor:
    """The tensor for an array; numpy lacks bfloat16, so its arrays hold just bits."""
    import numpy as np
    import torch

    if data.dtype == numpy_type(DType.BFLOAT16):
        return torch.from_numpy(data.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(data)


def _found(
    program: Program, options: BuildOptions, tell: Callable[[str], None]
) -> Mapping[str, Stored]:
    if options.weights is None:
        return {}
    taken = given(program.name, slots(program), options.weights, options.fit)
    if notes := taken.notes_on_values():
        text = "\n".join(notes)
        named = name_of(options.weights)
        tell(text if f"`{named}`" in text else f"{named}: {text}")
    return taken.tensors
