"""`netlang verify`: whether an ONNX file computes what its spec says, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from netlang.cli.arguments.sizes import size_option, sizes
from netlang.cli.options import WeightsAsked, build_options, spec_argument, weight_options

if TYPE_CHECKING:
    from netlang.targets.verifying import Verified

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "verify",
        callback=_verify,
        params=[
            spec_argument(),
            click.Option(
                ["--onnx", "file"],
                metavar="FILE",
                help="The file to compare, written or edited by anyone. Without it, SPEC if that "
                "is an ONNX file, or else the one that `compile` would write.",
            ),
            *weight_options("Weights that the file has, from .safetensors or a state dict (.pth)."),
            size_option(),
            click.Option(
                ["--large"],
                is_flag=True,
                help="You trust the file: its weights may have 16 GiB, where 2 GiB is the limit.",
            ),
            click.Option(
                ["--opset"],
                type=int,
                metavar="N",
                help="Version of ONNX's operators to compare, where no file is given.",
            ),
            click.Option(
                ["--no-fold"],
                is_flag=True,
                help="Compare the file that has each step of SPEC, where no file is given.",
            ),
        ],
        help="Compare an ONNX file with SPEC: the shape and value of every step that the file "
        "names, by ONNX Runtime and by PyTorch in single and double precision, on random inputs "
        "in two batches and, where sizes are symbols, at other sizes too. The first step that "
        "differs is named, with how far it is off and whether rounding explains it.",
        short_help="Compare an ONNX file with its spec, step by step.",
    )


def _verify(
    spec: str,
    file: str | None,
    size: str | None,
    opset: int | None,
    no_fold: bool,
    large: bool,
    **asked: Unpack[WeightsAsked],
) -> int:
    from netlang.build import OnnxOptions
    from netlang.cli.arguments.nets import program_of
    from netlang.records import replace
    from netlang.targets import needs
    from netlang.targets.verifying import VerifyOptions, verifying_backend

    if file is None and spec.endswith(".onnx"):
        file = spec
    if file is None and large:
        raise click.UsageError("--large is for a file that is given")
    if file is not None and (opset is not None or no_fold):
        raise click.UsageError("--opset and --no-fold are for comparing what isn't in a file yet")
    program = program_of(spec)
    build = replace(build_options(asked), onnx=OnnxOptions(opset=opset, fold=not no_fold))
    given = None if file is None else Path(file)
    options = VerifyOptions(build, given, sizes(size, program), large)
    backend = verifying_backend()
    with needs(backend.extra), needs("torch"):
        verified = backend.verify(program, options)
    _show(verified)
    return 0


def _show(verified: Verified) -> None:
    from netlang.diagnostics.texts import visible_lines

    for note in verified.notes:
        click.echo(visible_lines(note), err=True)
    click.echo(
        f"{verified.name}: {verified.compared} of {verified.steps} steps have values in the file, "
        f"and all agree with PyTorch and the IR\ninputs: {_in_turn(verified.inputs)}"
    )
    if not verified.place:
        click.echo("every value is the same")
        return
    explained = (
        f"PyTorch's rounding is {verified.rounding:.1g} there"
        if verified.rounding is not None
        else "within single precision"
    )
    if verified.precision:
        explained = f"the file computes in {verified.precision}"
    click.echo(
        f"largest difference: {verified.largest:.1g} of the largest value, at `{verified.place}`; "
        f"{explained}"
    )


def _in_turn(inputs: tuple[str, ...]) -> str:
    """``a, then b and c``."""
    *before, last = inputs
    return f"{', then '.join(before)} and {last}" if before else last
