"""What `compile` asks of an `.onnx` file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netlang.cli.arguments.precision import PrecisionAsked, low_of, precision_options

if TYPE_CHECKING:
    from netlang.build import OnnxOptions

__all__ = ["OnnxAsked", "onnx_of", "onnx_options"]


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
        *precision_options(),
    )


class OnnxAsked(PrecisionAsked):
    """The values of `onnx_options` on the command line."""

    opset: int | None
    any_runtime: bool
    no_fold: bool


def onnx_of(asked: OnnxAsked) -> OnnxOptions:
    """The options of `onnx_options` as one object."""
    from netlang.build import OnnxOptions

    return OnnxOptions(
        opset=asked["opset"],
        any_runtime=asked["any_runtime"],
        fold=not asked["no_fold"],
        low=low_of(asked),
    )
