"""What a backend is asked to build, and what it says that it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import final

from netlang.records import Record, field

__all__ = ["WHOLE", "BuildOptions", "Fit", "Written"]


@final
class Fit(Record):
    """How the tensors of a file go to the weights of a net.

    `partial` lets the file lack weights, which are then drawn, and hold others, which are ignored.
    `prefixes` are starts of keys and what stands there instead; `entry` is the part of a checkpoint
    that holds the weights, where it has several. `offers_partial` is false where `partial` makes no
    sense, so that no message offers it.
    """

    partial: bool = False
    prefixes: tuple[tuple[str, str], ...] = ()
    entry: str | None = None
    offers_partial: bool = True


WHOLE = Fit()
"""The file has the weights of the net, no others, and under the same keys."""


@final
class BuildOptions(Record):
    """How to build: `weights` from a file or by their keys, or, without, drawn from `seed`.

    `fit` says how weights that are given go to those of the net.
    `depth` and `sizes` are for pictures: levels of blocks to open, sizes of the input to show.
    `opset` is for ONNX: the version of its operators, or None for the backend's choice. `guard` is
    for PyTorch source: whether it refuses inputs of sizes that the net isn't for.
    """

    weights: Path | Mapping[str, object] | None = None
    fit: Fit = WHOLE
    seed: int = 0
    depth: int | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    opset: int | None = None
    guard: bool = False


@final
class Written(Record):
    """What writing gave: the file, others beside it, and what the user should know."""

    path: Path
    beside: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
