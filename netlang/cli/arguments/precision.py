"""What `compile` asks of an `.onnx` file in fewer bits, and the examples that it is compared on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import click

from netlang.cli.options import data_option, places

if TYPE_CHECKING:
    from netlang.build import BuildOptions, Kind, LowPrecision, Method
    from netlang.ir.program import Program
    from netlang.recipes.recipe import Recipe

__all__ = ["PrecisionAsked", "is_of_recipe", "low_of", "precision_options", "with_examples"]

_KINDS: dict[str, Kind] = {"fp16": "float16", "bf16": "bfloat16", "int8": "int8"}


def precision_options() -> Iterator[click.Option]:
    """The options for .onnx files in fewer bits."""
    flags = {
        "--fp16": "Compute in float16 in an .onnx file; what loses too much stays in float32.",
        "--bf16": "Compute in bfloat16, for GPUs: ONNX Runtime has no kernels for processors.",
        "--int8": "Compute in 8-bit integers, with ranges from the examples of --calibrate.",
        "--int4-weights": "Store the weights of linear maps in 4 bits (MatMulNBits).",
        "--half-io": "Let inputs and outputs have the type of --fp16 or --bf16 too.",
        "--symmetric": "Let --int8 have 0 in the middle of each range, as TensorRT requires.",
        "--keep-ends": "Keep the first and the last step with weights in float32.",
    }
    for flag, about in flags.items():
        yield click.Option([flag], is_flag=True, help=about)
    yield click.Option(
        ["--keep"],
        multiple=True,
        metavar="STEP",
        help="Keep the step of this label, and those whose labels start with it, in float32.",
    )
    yield from _example_options()


def _example_options() -> Iterator[click.Option]:
    """The options for the examples that a file is calibrated and compared on."""
    yield click.Option(
        ["--calibrate"],
        metavar="DATA",
        help="What to calibrate and compare on: `train`, `validation` or `test`, the part of "
        "recipe SPEC, or an .npz file with an array for each input.",
    )
    yield click.Option(
        ["--examples", "count"],
        type=click.IntRange(1),
        default=128,
        show_default=True,
        metavar="N",
        help="How many examples of the recipe's part to take.",
    )
    yield click.Option(
        ["--method"],
        type=click.Choice(("minmax", "entropy", "percentile")),
        default="minmax",
        show_default=True,
        help="How --int8 finds the range of a value among the examples.",
    )
    yield click.Option(
        ["--cosine"],
        type=click.FloatRange(0, 1, max_open=True),
        metavar="C",
        help="How near --int8 has to be: while the mean cosine of an output to that in float32 is "
        "smaller, steps are put back into float32.  [default: 0.99]",
    )
    yield data_option()


class PrecisionAsked(TypedDict):
    """The values of `precision_options` on the command line."""

    fp16: bool
    bf16: bool
    int8: bool
    int4_weights: bool
    half_io: bool
    keep_ends: bool
    keep: tuple[str, ...]
    calibrate: str | None
    count: int
    method: Method
    symmetric: bool
    cosine: float | None
    data: tuple[str, ...]


def is_of_recipe(asked: PrecisionAsked) -> bool:
    """Whether examples come from a recipe's data, so that SPEC is one."""
    from netlang.recipes.words.parts import PART_WORDS

    return asked["calibrate"] in PART_WORDS


def low_of(asked: PrecisionAsked) -> LowPrecision | None:
    """The options of `precision_options` as one object, but for the examples of a recipe."""
    from netlang.build import NEAR, LowPrecision

    given = {
        "fp16": asked["fp16"], "bf16": asked["bf16"], "int8": asked["int8"],
    }  # fmt: skip
    kinds = [name for name, value in given.items() if value]
    if len(kinds) > 1:
        raise click.UsageError(f"--{kinds[0]} and --{kinds[1]} are two types for the same numbers")
    if not kinds and not asked["int4_weights"]:
        _refuse_without_kind(asked)
        return None
    kind = _KINDS[kinds[0]] if kinds else None
    if asked["int4_weights"] and kind in ("bfloat16", "int8"):
        raise click.UsageError("--int4-weights goes with --fp16 or alone")
    if asked["symmetric"] and kind != "int8":
        raise click.UsageError("--symmetric is for --int8")
    if asked["cosine"] is not None and kind != "int8":
        raise click.UsageError("--cosine is for --int8")
    if asked["half_io"] and kind not in ("float16", "bfloat16"):
        raise click.UsageError("--half-io is for --fp16 and --bf16")
    file = None if asked["calibrate"] is None or is_of_recipe(asked) else Path(asked["calibrate"])
    return LowPrecision(
        kind=kind,
        int4_weights=asked["int4_weights"], half_io=asked["half_io"],
        keep=asked["keep"], keep_ends=asked["keep_ends"], examples=file, method=asked["method"],
        symmetric=asked["symmetric"], cosine=NEAR if asked["cosine"] is None else asked["cosine"],
    )  # fmt: skip


def _refuse_without_kind(asked: PrecisionAsked) -> None:
    given = {
        "--half-io": asked["half_io"], "--keep-ends": asked["keep_ends"],
        "--keep": asked["keep"], "--symmetric": asked["symmetric"],
        "--cosine": asked["cosine"], "--calibrate": asked["calibrate"], "--data": asked["data"],
    }  # fmt: skip
    for option in (option for option, value in given.items() if value):
        raise click.UsageError(
            f"{option} is for a file in fewer bits: add --fp16, --bf16, --int8 or --int4-weights"
        )


def with_examples(
    options: BuildOptions, recipe: Recipe, program: Program, asked: PrecisionAsked
) -> BuildOptions:
    """The options with examples of a recipe's data, if these are asked for."""
    from netlang.recipes.words.parts import part_of
    from netlang.records import replace
    from netlang.targets import needs, training_backend
    from netlang.targets.options import SampleOptions

    where = places(asked["data"], recipe)
    low = options.onnx.low
    part = part_of(recipe.data, asked["calibrate"] or "") if is_of_recipe(asked) else None
    if low is None or part is None:
        return options
    weights = options.weights if isinstance(options.weights, Path) else None
    backend = training_backend()
    with needs(backend.extra):
        wanted = SampleOptions(where, part, asked["count"], weights)
        found = backend.examples(recipe, program, wanted)
    return replace(options, onnx=replace(options.onnx, low=replace(low, examples=found)))
