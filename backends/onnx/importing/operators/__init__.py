"""What each operator of ONNX is in ATen: one function for each, found by name."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.onnx.importing.node import Handler
from netlang.backends.onnx.importing.operators import (
    arithmetic,
    attention,
    convolutions,
    elementwise,
    norms,
    parts,
    pools,
    recurrent,
    reductions,
    shapes,
    unpool,
)

__all__ = ["HANDLERS"]

HANDLERS: Mapping[str, Handler] = {
    **convolutions.HANDLERS,
    **norms.HANDLERS,
    **pools.HANDLERS,
    **elementwise.HANDLERS,
    **arithmetic.HANDLERS,
    **reductions.HANDLERS,
    **shapes.HANDLERS,
    **parts.HANDLERS,
    **attention.HANDLERS,
    **recurrent.HANDLERS,
    **unpool.HANDLERS,
}
"""By the `op_type` of nodes of ONNX's own domain."""
