"""`netlang compile`: a net as PyTorch source, an ONNX file or a diagram."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from netlang.cli.options import build_options, outputs, spec_argument, weight_options

if TYPE_CHECKING:
    from netlang.targets import Written

__all__ = ["command", "report"]


def command() -> click.Command:
    return click.Command(
        "compile",
        callback=_compile,
        params=[
            spec_argument(),
            click.Option(
                ["-o", "--output", "names"],
                multiple=True,
                required=True,
                metavar="OUT",
                help="File to write; .py .onnx .svg .png .pdf .dot. May be given several times.",
            ),
            *weight_options(),
            click.Option(
                ["--opset"],
                type=int,
                metavar="N",
                help="Version of ONNX's operators to write an .onnx file in.",
            ),
        ],
        help="Write SPEC as PyTorch source, an ONNX file or a diagram, by the suffix of OUT.",
        short_help="Write PyTorch source, ONNX files and diagrams.",
    )


def _compile(
    spec: str,
    names: tuple[str, ...],
    weights: str | None,
    partial: bool,
    seed: int,
    opset: int | None,
) -> int:
    from netlang.elaborate import load_program
    from netlang.targets import backend_for, write

    options = replace(build_options(weights, partial, seed), opset=opset)
    # Every output is known to be writable in kind before the first is written.
    jobs = [(backend_for(path), path) for path in outputs(names)]
    program = load_program(spec)
    for backend, path in jobs:
        report(write(backend, program, path, options))
    return 0


def report(written: Written) -> None:
    """Say which files were written, how large they are, and what there is to note."""
    for note in written.notes:
        click.echo(note, err=True)
    for path in (written.path, *written.beside):
        click.echo(f"wrote {path} ({_shown(path.stat().st_size)})")


def _shown(size: float) -> str:
    """A number of bytes for a person."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
