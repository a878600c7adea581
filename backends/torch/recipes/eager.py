"""Optimizers of `torch.optim` without their guards against `torch.compile`.

The methods of an optimizer are wrapped, so that a compiler that meets them leaves them alone. The
first call of a wrapper imports that compiler, `torch._dynamo`: over a second, nearly as long as
PyTorch itself. Each call costs time in a step of a small net, too. Here only nets are compiled,
never what an optimizer does.
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
    """A class that does the same bit for bit, since what it calls is what the guards call.

    A wrapper made by `functools.wraps` says what it wraps; a method without one is taken as it is.
    Of what wraps `step`, the hooks come back where an optimizer is made, and `no_grad` stands here.
    """
    methods = {name: unwrap(getattr(kind, name)) for name in _GUARDED}
    methods["step"] = torch.no_grad()(unwrap(kind.step))
    return type(kind.__name__, (kind,), methods)
