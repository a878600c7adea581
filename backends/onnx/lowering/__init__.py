"""One lowering per operator, found by type. Importing this package registers all of them."""

from netlang.backends.onnx.lowering import (
    elements,
    feature_maps,
    features,
    rearranged,
    sequences,
)
from netlang.backends.onnx.lowering.registry import UNSUPPORTED, lower, lowered

FAMILIES = (elements, feature_maps, features, rearranged, sequences)

__all__ = ["FAMILIES", "UNSUPPORTED", "lower", "lowered"]
