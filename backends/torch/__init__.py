"""PyTorch: a program as source that a PyTorch user would write, and as a running module.

Emitting text needs no torch; it is imported when a module is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.backends.torch.emit.source import class_name, emit
from netlang.ir.program import Program

if TYPE_CHECKING:
    from torch import nn

__all__ = ["build", "class_name", "emit"]


def build(program: Program, device: str | None = None, *, guard: bool = False) -> nn.Module:
    """A module that runs exactly the text of `emit`, freshly initialised.

    It is on `device`, or on PyTorch's default device.
    """
    from netlang.backends.torch.run.execute import instance

    return instance(program, device, guard=guard)
