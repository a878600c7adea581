"""What a backend is asked to build, and its report of what it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import final

from netlang.records import Record, field

__all__ = ["WHOLE", "BuildOptions", "Fit", "OnnxOptions", "Written"]


@final
class Fit(Record):
    """How the tensors of a file map to the weights of a net.

    With `partial`, the file may lack weights, which are then drawn, and contain others, which are
    ignored. `prefixes` are prefixes of keys with their replacements. `entry` names the weights in a
    checkpoint that has several. `offers_partial` is false if `partial` makes no sense, so that no
    message suggests it.
    """

    partial: bool = False
    prefixes: tuple[tuple[str, str], ...] = ()
    entry: str | None = None
    offers_partial: bool = True


WHOLE = Fit()
"""The file has exactly the weights of the net, under the same keys."""


@final
class OnnxOptions(Record):
    """How an ONNX file is written.

    `opset` is the version of the operator set, or None for the backend's choice. A file that ONNX
    Runtime wouldn't load is refused unless it is for `any_runtime`. With `fold`, idle steps are
    left out and batch norms folded into the maps beside them.
    """

    opset: int | None = None
    any_runtime: bool = False
    fold: bool = True


USUAL_ONNX = OnnxOptions()


@final
class BuildOptions(Record):
    """How to build: with `weights` from a file or by key or, without these, drawn from `seed`.

    `fit` says how given weights map to those of the net. `depth` and `sizes` are for pictures: the
    levels of blocks to open, and the sizes of the input to show. `onnx` is for ONNX files. `guard`
    is for PyTorch source: whether it refuses inputs of unsuitable sizes.
    """

    weights: Path | Mapping[str, object] | None = None
    fit: Fit = WHOLE
    seed: int = 0
    depth: int | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    onnx: OnnxOptions = USUAL_ONNX
    guard: bool = False


@final
class Written(Record):
    """What was written: the file, others beside it, and notes for the user."""

    path: Path
    beside: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
