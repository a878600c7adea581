"""Which steps of a file in half precision stay in float32, and the graph with these.

The file is lowered from the IR in the type of each step, not patched afterwards: every operator,
type and attribute is known here, so that no float that must stay one (the scales of a Resize) can
be mistaken for data, and every value is cast once, before its first reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netlang.backends.onnx.deployed.tensors import TensorData, narrowed
from netlang.backends.onnx.steps import Flat
from netlang.ir.program import Function, Program
from netlang.ir.types import DType
from netlang.passes.narrow import Narrowing, Reasons, wide_steps
from netlang.records import Record, field

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Narrow", "settled"]

_RELATIVE = 2.0**-8
"""The rounding of a matrix above which its step stays in float32; usual is 2^-12 to 2^-13."""


class Narrow(Record):
    """That a file computes in `floats`; with `ends`, its inputs and outputs too.

    `kept` are the paths of steps that stay in float32, and why. If it is `rounded`, the file shows
    in float32 what a device makes of it that has such floats.
    """

    floats: DType
    ends: bool = False
    kept: Mapping[str, str] = field(default_factory=dict)
    rounded: bool = False

    def reasons(self, net: Function) -> Reasons:
        """The same by the numbers of the steps."""
        return {
            number: self.kept[node.path]
            for number, node in enumerate(net.nodes)
            if node.path in self.kept
        }


def settled(
    program: Program,
    net: Function,
    asked: Narrow,
    lowered: Callable[[Narrowing], Flat],
    numbers: Callable[[Flat], TensorData],
) -> tuple[Narrowing, Flat]:
    """Lower the flat `net` of a program until no narrow step loses too much.

    Returns how that was done. `numbers` are the tensors of a graph.
    """
    known: Reasons = asked.reasons(net)
    while True:
        narrowing = Narrowing(asked.floats, wide_steps(net, known), asked.ends, asked.rounded)
        flat = lowered(narrowing)
        tensors = numbers(flat)
        more = {
            **_overflowing(net, flat),
            **_lossy(flat, tensors, asked.floats),
            **_undefined(program, flat, tensors, narrowing),
        }
        if more.keys() <= narrowing.wide.keys():
            return narrowing, flat
        known = {**more, **known}


def _undefined(
    program: Program, flat: Flat, tensors: TensorData, narrowing: Narrowing
) -> dict[int, str]:
    """Narrow steps with an operator that ONNX doesn't define in their type."""
    from netlang.backends.onnx.element_types import refused
    from netlang.backends.onnx.model import build_model

    found = refused(build_model(program, flat, {}, narrowing), tensors.needed())
    if found is None:
        return {}
    steps = {
        flat.makers[operation.outputs[0]]
        for operation in flat.graph.operations
        if operation.kind == found.kind and operation.outputs[0] in flat.makers
    }
    return dict.fromkeys(steps, f"ONNX has no {found.kind} of {found.dtype}")


def _overflowing(net: Function, flat: Flat) -> dict[int, str]:
    paths = flat.graph.overflowing
    return {
        number: "a number in it is too large"
        for number, node in enumerate(net.nodes)
        if node.path in paths
    }


def _lossy(flat: Flat, tensors: TensorData, floats: DType) -> dict[int, str]:
    """Narrow steps with weights that are beyond the range or below the digits of their type."""
    readers = _readers(flat)
    found: dict[int, str] = {}
    for slot in tensors.needed():
        if slot.dtype is floats and (reason := _loss(tensors.exact(slot), slot.dtype)):
            found.update(dict.fromkeys(readers[slot.key], reason))
    return found


def _readers(flat: Flat) -> dict[str, set[int]]:
    """The steps that read each weight, by its name in the file."""
    weights = flat.graph.weights
    found = {name: {number} for name, number in flat.makers.items() if name in weights}
    for operation in flat.graph.operations:
        number = flat.makers.get(operation.outputs[0])  # none of a cast of an output
        if number is not None:
            for name in operation.inputs:
                if name in weights:
                    found.setdefault(name, set()).add(number)
    return found


def _loss(values: NDArray[np.generic], dtype: DType) -> str | None:
    """Why a tensor can't be stored in a type, or None."""
    import numpy as np

    exact = values.astype(np.float64)
    made = narrowed(values, dtype).astype(np.float64)
    if bool(np.any(np.isinf(made) & np.isfinite(exact))):
        return "a weight is too large"
    if exact.ndim < 2 or not np.isfinite(exact).all():
        return None
    size = float(np.linalg.norm(exact))
    if float(np.linalg.norm(made - exact)) > _RELATIVE * size:
        return "its weights are too small"
    return None
