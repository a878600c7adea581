"""What `compile` asks of an `.onnx` file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netlang.cli.arguments.precision import PrecisionAsked, low_of, precision_options

if TYPE_CHECKING:
    from netlang.build import OnnxOptions
    from netlang.recipes.recipe import Recipe
    from netlang.targets.ends import Layout

__all__ = ["OnnxAsked", "onnx_of", "onnx_options", "refuse_onnx_options"]


_MOST = 1 << 20
"""Bytes of a file with the names of classes."""


def onnx_options() -> tuple[click.Option, ...]:
    """The options for .onnx files."""
    return (
        click.Option(
            ["--opset"],
            type=int,
            metavar="N",
            help="Version of ONNX's operators to write an .onnx file in.",
        ),
        click.Option(
            ["--any-runtime"],
            is_flag=True,
            help="Write an .onnx file even if ONNX Runtime can't run it on a processor.",
        ),
        click.Option(
            ["--no-fold"],
            is_flag=True,
            help="Keep batch norms and idle steps in an .onnx file as they are in SPEC.",
        ),
        *_file_options(),
        *_end_options(),
        *precision_options(),
    )


def _file_options() -> tuple[click.Option, ...]:
    """The options for what an .onnx file holds besides numbers, and for what reads it."""
    return (
        click.Option(
            ["--for", "runtime"],
            metavar="RUNTIME",
            help="Write an .onnx file that this release loads: `onnxruntime==1.17`; or "
            "`onnxruntime`, with operators that it alone has, for a release of this year.",
        ),
        click.Option(
            ["--external"],
            is_flag=True,
            help="Put the weights of an .onnx file into a file beside it, OUT.data, as those of "
            "over 2 GiB always are.",
        ),
        click.Option(
            ["--functions"],
            is_flag=True,
            help="Let the blocks of SPEC be functions in an .onnx file, which viewers show whole.",
        ),
        click.Option(
            ["--license"],
            metavar="TEXT",
            help="The licence of an .onnx file, for its metadata: an SPDX expression such as "
            "`Apache-2.0`.",
        ),
        click.Option(
            ["--no-spec"],
            is_flag=True,
            help="Leave SPEC out of an .onnx file's metadata: else they have the net as a spec, "
            "and the names and hashes of its files.",
        ),
    )


def _end_options() -> tuple[click.Option, ...]:
    """The options for what an .onnx file does before and after its net."""
    return (
        click.Option(
            ["--preprocess"],
            metavar="HOW",
            help="Let an .onnx file take the pixels of images, as bytes, and prepare them: "
            "`imagenet`, as torchvision for the net's weights, or `imagenet(resize=232)`; "
            "`recipe`, as for the test of SPEC's recipe or that of the weights, or SPEC:recipe.",
        ),
        click.Option(
            ["--layout"],
            type=click.Choice(("nhwc", "nchw")),
            help="The axes of those pixels: channels last, as images are decoded, or first.",
        ),
        click.Option(
            ["--postprocess"],
            metavar="HOW",
            help="Let an .onnx file give classes: `softmax`, the probability of each; `topk(5)`, "
            "the most probable; `argmax`; or `recipe`, or SPEC:recipe, as `netlang predict`.",
        ),
        click.Option(
            ["--classes", "classes_file"],
            metavar="FILE",
            help="Names of the classes, one on each line, for the metadata of an .onnx file.",
        ),
    )


def refuse_onnx_options(context: click.Context) -> None:
    """Refuse what only an .onnx file can carry out: these options, and the seed of its weights.

    Raises `click.UsageError`.
    """
    from click.core import ParameterSource

    options = {option.name or "": option.opts[0] for option in onnx_options()}
    for name, flag in {**options, "seed": "--seed"}.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{flag} is for .onnx files, and -o names none")


class OnnxAsked(PrecisionAsked):
    """The values of `onnx_options` on the command line."""

    opset: int | None
    any_runtime: bool
    no_fold: bool
    runtime: str | None
    external: bool
    functions: bool
    license: str | None
    no_spec: bool
    preprocess: str | None
    layout: Layout | None
    postprocess: str | None
    classes_file: str | None


def onnx_of(asked: OnnxAsked, recipe: Recipe | None = None) -> OnnxOptions:
    """The options of `onnx_options` as one object; `recipe` is the one that SPEC names, if any."""
    from netlang.build import NET_ALONE, OnnxOptions

    ends = NET_ALONE
    if asked["layout"] is not None and asked["preprocess"] is None:
        raise click.UsageError("--layout says how images come, which --preprocess prepares")
    if any(asked[name] is not None for name in ("preprocess", "postprocess", "classes_file")):
        from netlang.targets.ends import ends_of

        file = asked["classes_file"]
        ends = ends_of(
            asked["preprocess"],
            asked["postprocess"],
            asked["layout"] or "nhwc",
            () if file is None else _names_in(file),
            recipe,
        )
    low = low_of(asked)
    if asked["functions"] and low is not None and low.has_integers:
        raise click.UsageError("--functions is for files in floats: leave out fewer bits")
    return OnnxOptions(
        opset=asked["opset"],
        any_runtime=asked["any_runtime"],
        fold=not asked["no_fold"],
        low=low,
        ends=ends,
        runtime=asked["runtime"],
        external=asked["external"],
        functions=asked["functions"],
        license=asked["license"],
        spec=not asked["no_spec"],
    )


def _names_in(file: str) -> tuple[str, ...]:
    """The lines of a file of classes."""
    from pathlib import Path

    from netlang.regular import read_bytes

    try:
        content = read_bytes(Path(file), _MOST)
        if len(content) > _MOST:
            raise ValueError(f"it has more than {_MOST:,} bytes")
        names = tuple(content.decode("utf-8-sig").splitlines())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise click.BadParameter(f"can't read `{file}`: {reason}", param_hint="--classes") from None
    if not names or not all(name.strip() for name in names):
        raise click.BadParameter(f"`{file}` has a line without a name", param_hint="--classes")
    return names
