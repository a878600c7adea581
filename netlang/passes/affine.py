"""What a folded map computes its numbers from: its own weights, and affine steps around it."""

from __future__ import annotations

from typing import TypeAlias

from netlang.records import Record

__all__ = ["Affine", "FoldedMap", "GivenAffine", "NormAffine"]


class NormAffine(Record, gc=False):
    """A deployed batch norm: y = (x - mean) / sqrt(var + eps) weight + bias for each channel.

    The four are keys of weights; without `weight` and `bias`, these are 1 and 0.
    """

    mean: str
    var: str
    eps: float
    weight: str | None
    bias: str | None


class GivenAffine(Record, gc=False):
    """y = by x + offset, each a number or one for each channel."""

    by: float | tuple[float, ...]
    offset: float | tuple[float, ...]


Affine: TypeAlias = NormAffine | GivenAffine


class FoldedMap(Record, gc=False):
    """The numbers of one convolution or linear map with the affine steps around it folded in.

    `weight` and `bias` are the keys of its own tensors (no `bias`: 0). `before` are the steps that
    its input passed, `after` those of its output, both in order. `groups` are its groups of
    channels. The weight is [out, in/groups, ...]; if `transposed`, [in, out/groups, ...]. With
    `standardize`, which is added to the variance, the weight is standardised first.
    """

    weight: str
    bias: str | None
    groups: int
    transposed: bool
    before: tuple[Affine, ...] = ()
    after: tuple[Affine, ...] = ()
    standardize: float | None = None
