"""A module with given weights: those of a file or mapping, or initial ones from a seed.

A seed gives the same values as in an ONNX file: they depend only on the seed and the weight's key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netlang.backends.torch.emit.registration import name_among
from netlang.backends.torch.run.execute import instance
from netlang.backends.weights import Stored, constants, given, initial, numpy_type, slots
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

__all__ = ["filled", "tensor_of"]


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
    import numpy as np

    found = _found(program, options, tell)
    # Copies, made as soon as the file was found whole: what it maps may change or be cut off.
    tensors = {
        slot.key: tensor_of(
            np.array(
                found[slot.key].array(slot.dtype)
                if slot.key in found
                else initial(slot, options.seed)
            )
        )
        for slot in slots(program)
    }
    module = instance(program, "meta", guard=guard)
    module.load_state_dict(tensors, assign=True)
    for slot in constants(program):
        path, _, label = slot.key.rpartition(".")
        owner = module.get_submodule(path)
        value = tensor_of(np.array(initial(slot, 0)))
        name = name_among(label, dict(owner.named_buffers(recurse=False)))
        owner.register_buffer(name, value, persistent=False)
    return module


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
