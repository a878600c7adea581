"""Feature maps in, feature maps out: each place of the result sees a region of the input."""

from netlang.backends.onnx.lowering.feature_maps import adaptive, conv, pool, region

__all__ = ["adaptive", "conv", "pool", "region"]
