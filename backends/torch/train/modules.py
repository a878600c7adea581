"""The module of a program, and weights files that fit it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.train.storage import load_tensors
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import WeightsDiffer
from netlang.ir.program import Program

__all__ = ["load_weights", "module_of"]


def module_of(program: Program, seed: int) -> nn.Module:
    """The network in training mode, its weights drawn from `seed`."""
    torch.manual_seed(seed)
    return build(program)


def load_weights(model: nn.Module, program: Program, path: Path) -> int:
    """Put the weights of a safetensors file into the model; gives the step that it was saved at.

    Auxiliary heads may be absent. Raises `NetlangError` where keys or shapes differ.
    """
    tensors, facts = load_tensors(path)
    own = model.state_dict()
    heads = tuple(f"{node.path}." for node in program.net.nodes if node.auxiliary)
    missing = [key for key in own if key not in tensors and not key.startswith(heads)]
    unknown = [key for key in tensors if key not in own]
    other = [key for key in tensors if key in own and tensors[key].shape != own[key].shape]
    found = (("missing", missing), ("unknown", unknown), ("of another shape", other))
    if missing or unknown or other:
        differences = "; ".join(f"{what}: {_some(keys)}" for what, keys in found if keys)
        raise NetlangError(
            WeightsDiffer(span=None, path=str(path), net=program.name, differences=differences)
        )
    model.load_state_dict(tensors, strict=False)
    step = facts.get("step")
    return step if isinstance(step, int) else 0


def _some(keys: list[str]) -> str:
    shown = ", ".join(f"`{key}`" for key in keys[:5])
    return f"{shown} and {len(keys) - 5} more" if len(keys) > 5 else shown
