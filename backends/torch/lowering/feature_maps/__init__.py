"""Feature maps in, feature maps out: each place of the result sees a region of the input."""

from netlang.backends.torch.lowering.feature_maps import conv, pool, region, shuffle, upsample

__all__ = ["conv", "pool", "region", "shuffle", "upsample"]
