"""The module of a program, and the weights files that fit it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.run.weights import filled
from netlang.backends.weights import facts_beside, step_of
from netlang.build import WHOLE, BuildOptions, Fit
from netlang.ir.program import Program

__all__ = ["empty_module", "module_of", "trained_module"]


def module_of(program: Program, seed: int) -> nn.Module:
    """The network in training mode, its weights drawn from `seed`."""
    torch.manual_seed(seed)
    return build(program)


def empty_module(program: Program) -> nn.Module:
    """The network in training mode, on the meta device, without memory for its weights."""
    return build(program, "meta")


def trained_module(
    program: Program,
    path: Path,
    say: Callable[[str], None] = lambda _: None,
    fit: Fit = WHOLE,
) -> tuple[nn.Module, int]:
    """The network with the weights of a file, and the step at which a run saved them, else 0.

    `say` gets notes on the file. Raises `NetlangError` if it can't be read or doesn't fit.
    """
    model = filled(program, BuildOptions(path, fit), tell=say)
    return model, step_of(facts_beside(path)) or 0
