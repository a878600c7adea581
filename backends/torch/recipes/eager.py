"""Optimizers of `torch.optim` without their guards against `torch.compile`.

An optimizer's methods are wrapped so that a compiler skips them. The first call of a wrapper
imports that compiler, `torch._dynamo`, which takes over a second, nearly as long as importing
PyTorch. Each call also costs time in a step of a small net. Here only nets are compiled, never an
optimizer.
"""

from __future__ import annotations

from functools import cache
from inspect import unwrap

import torch
from torch.optim import Optimizer

__all__ = ["eager"]

_GUARDED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")


@cache
def eager(kind: type[Optimizer]) -> type[Optimizer]:
    """A class that does bit for bit the same, since it calls what the guards call.

    A wrapper made by `functools.wraps` exposes the wrapped function; methods without one are used
    as they are. Of the wrappers of `step`, the hooks return when an optimizer is constructed, and
    `no_grad` is applied here.
    """
    methods = {name: unwrap(getattr(kind, name)) for name in _GUARDED}
    methods["step"] = torch.no_grad()(unwrap(kind.step))
    return type(kind.__name__, (kind,), methods)
