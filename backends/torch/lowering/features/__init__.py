"""Vectors in, vectors out: what mixes or scales the features of each position."""

from netlang.backends.torch.lowering.features import linear, norm, tensor, vector

__all__ = ["linear", "norm", "tensor", "vector"]
