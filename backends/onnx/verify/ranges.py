"""The range of an input of a file in integers, beyond which it cuts off what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netlang.backends.onnx.verify.file import ModelFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["within_ranges"]

_DEVIATIONS = 3
"""Of inputs from N(0, 1), those so far from 0 are at the ends of the range."""


def within_ranges(feeds: Mapping[str, NDArray[Any]], file: ModelFile) -> dict[str, NDArray[Any]]:
    """Inputs from N(0, 1), moved and scaled into the range that a file has integers for."""
    return {name: _within(values, _range(name, file)) for name, values in feeds.items()}


def _within(values: NDArray[Any], ends: tuple[float, float] | None) -> NDArray[Any]:
    import numpy as np

    if ends is None or values.dtype.kind != "f":
        return values
    middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    found = middle + half * np.clip(values / _DEVIATIONS, -1, 1)
    return np.asarray(found, values.dtype)


def _range(name: str, file: ModelFile) -> tuple[float, float] | None:
    """The range of the integers that an input is rounded to; None if it isn't."""
    import numpy as np
    from onnx import numpy_helper

    for node in file.model.graph.node:
        if node.op_type == "QuantizeLinear" and node.input[0] == name and len(node.input) > 2:
            stored = [file.tensors.get(each) for each in node.input[1:3]]
            if stored[0] is None or stored[1] is None:
                return None
            scale, zero = (numpy_helper.to_array(each) for each in stored if each is not None)
            if scale.size != 1 or zero.size != 1 or zero.dtype.kind not in "iu":
                return None
            limits = np.iinfo(zero.dtype)
            low, high = ((limits.min - int(zero)), (limits.max - int(zero)))
            return low * float(scale), high * float(scale)
    return None
