"""What each operator of ATen is in the language: one function for each, found by name."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.torch.importing.call import Handler
from netlang.backends.torch.importing.operators import (
    attention,
    convolutions,
    cuts,
    elementwise,
    merges,
    norms,
    pools,
    recurrent,
    reductions,
    repeats,
    shapes,
)

__all__ = ["HANDLERS"]

HANDLERS: Mapping[str, Handler] = {
    **convolutions.HANDLERS,
    **norms.HANDLERS,
    **elementwise.HANDLERS,
    **pools.HANDLERS,
    **recurrent.HANDLERS,
    **merges.HANDLERS,
    **shapes.HANDLERS,
    **cuts.HANDLERS,
    **repeats.HANDLERS,
    **reductions.HANDLERS,
    **attention.HANDLERS,
}
"""By the names that nodes of a traced graph have: `aten.conv2d.default`."""
