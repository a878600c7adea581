"""Weights that the user gave for a net: read, and held against those that the net owns.

Whatever takes weights takes them through `given`, so that a file is refused in the same words
wherever it is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlang.backends.weights.check import Report, match, require_fit
from netlang.backends.weights.files import Stored, WeightSource, read_weights
from netlang.backends.weights.slots import Slot

__all__ = ["given"]


def given(
    net: str, owned: Sequence[Slot], source: WeightSource, *, partial: bool
) -> tuple[dict[str, Stored], Report]:
    """The tensors of `source` that fit `owned`, by key, and the report on the others.

    `net` is the name for messages. Raises `NetlangError` where `source` can't be read and, without
    `partial`, where it doesn't fit; so the report says something with `partial` only.
    """
    stored = read_weights(source)
    fitting, report = match(owned, stored)
    if not partial:
        named = "the mapping of weights" if isinstance(source, Mapping) else f"`{source}`"
        require_fit(report, owned, stored, source=named, net=net)
    return fitting, report
