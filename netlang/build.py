"""What a backend is asked to build, and its report of what it wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, final

from netlang.records import Record, field

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from netlang.recipes.recipe import Recipe
    from netlang.recipes.words.answers import Answer
    from netlang.recipes.words.preparations import Preparation

__all__ = [
    "NEAR", "NET_ALONE", "WHOLE", "BuildOptions", "Ends", "ExampleInputs", "FileAsked", "Fit",
    "Kind", "LowPrecision", "Method", "OnnxOptions", "Written",
]  # fmt: skip


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


Kind: TypeAlias = Literal["float16", "bfloat16", "int8"]
Method: TypeAlias = Literal["minmax", "entropy", "percentile"]
NEAR = 0.99
"""The mean cosine to float32 that a file in int8 has to have."""


@final
class ExampleInputs(Record, eq=False):
    """Inputs of a net by name, as the net takes them: the first axis counts the examples.

    `labels` are the classes of the examples, if they have one each, and `scores` names the output
    whose largest channel is the class that the net predicts; without it, that is the first output.
    `about` says what they are, for reports.
    """

    inputs: Mapping[str, NDArray[Any]]
    labels: NDArray[np.int64] | None = None
    scores: str | None = None
    about: str = "examples that a program gave"

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))


@final
class LowPrecision(Record, eq=False):
    """How an ONNX file stores and computes numbers in fewer bits than float32.

    Steps compute in the `kind`, if one is given, and with `int4_weights` the weights of linear maps
    are stored in 4 bits. Inputs and outputs stay float32, unless `half_io` gives them the half
    precision of `kind`. What loses too much stays in float32, and so do the steps that `keep` names
    by their labels, or by a label that theirs start with; with `keep_ends`, the first and the last
    with weights. `examples` are what int8 is calibrated on by `method`, with 0 in the middle of
    each range if it is `symmetric`, and what the file is compared with the one in float32 on, also
    in an `.npz` file by the names of inputs, with `label` for the classes; without any, inputs are
    generated for that. While the mean cosine of an output in int8 is below `cosine`, more steps
    stay in float32.
    """

    kind: Kind | None = None
    int4_weights: bool = False
    half_io: bool = False
    keep: tuple[str, ...] = ()
    keep_ends: bool = False
    examples: ExampleInputs | Path | None = None
    method: Method = "minmax"
    symmetric: bool = False
    cosine: float = NEAR

    @property
    def has_integers(self) -> bool:
        """Whether nodes of the graph are cut up for numbers that aren't floats."""
        return self.kind == "int8" or self.int4_weights


@final
class Ends(Record):
    """What an ONNX file does besides its net.

    `preparation` makes the net's input of the pixels of an image: bytes, in the order of `layout`.
    `answer` makes classes of the net's scores. `preparing` and `answering` are the recipes that
    the word `recipe` means there; without `preparing`, it is that of the weights. `classes` are
    the names of the classes by number, if they are given.
    """

    preparation: Preparation | None = None
    answer: Answer | None = None
    layout: Literal["nhwc", "nchw"] = "nhwc"
    preparing: Recipe | None = None
    answering: Recipe | None = None
    classes: tuple[str, ...] = ()


NET_ALONE = Ends()


@final
class OnnxOptions(Record):
    """How an ONNX file is written.

    `opset` is the version of the operator set, or None for the backend's choice. A file that ONNX
    Runtime wouldn't load is refused unless it is for `any_runtime`. With `fold`, idle steps are
    left out and batch norms folded into the maps beside them. `low` is how it computes in fewer
    bits than its spec, if it does; `ends` is what stands around the net. It loads in the release of
    `runtime`, as ``onnxruntime==1.17``. Weights are in a file beside it if `external`, and if it
    had over 2 GiB with them. With `functions`, the blocks of the spec are functions in it.
    `license` goes into its metadata, and with `spec` the net as a spec.
    """

    opset: int | None = None
    any_runtime: bool = False
    fold: bool = True
    low: LowPrecision | None = None
    ends: Ends = NET_ALONE
    runtime: str | None = None
    external: bool = False
    functions: bool = False
    license: str | None = None
    spec: bool = True


USUAL_ONNX = OnnxOptions()


class FileAsked(TypedDict, total=False):
    """Those of `OnnxOptions` that Python passes on as they are."""

    runtime: str | None
    external: bool
    functions: bool
    license: str | None
    spec: bool


def _silent(line: str) -> None:
    """Shows nothing."""


@final
class BuildOptions(Record):
    """How to build: with `weights` from a file or by key or, without these, drawn from `seed`.

    `fit` says how given weights map to those of the net. `depth` and `sizes` are for pictures: the
    levels of blocks to open, and the sizes of the input to show. `onnx` is for ONNX files. `guard`
    is for PyTorch source: whether it refuses inputs of unsuitable sizes. `progress` is called with
    what is done next, where that takes long: a stage, and perhaps after a colon how far it is.
    """

    weights: Path | Mapping[str, object] | None = None
    fit: Fit = WHOLE
    seed: int = 0
    depth: int | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    onnx: OnnxOptions = USUAL_ONNX
    guard: bool = False
    progress: Callable[[str], None] = _silent


@final
class Written(Record):
    """What was written: the file, others beside it, and notes for the user."""

    path: Path
    beside: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
