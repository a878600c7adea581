"""`netlang draw`: the diagram of a net, in the current folder unless told otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from netlang.cli.compile import report
from netlang.cli.options import size_option, sizes, spec_argument

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "draw",
        callback=_draw,
        params=[
            spec_argument(),
            click.Option(
                ["-o", "--output"],
                metavar="OUT",
                help="File to write; .svg .png .pdf .dot. NAME.svg without it.",
            ),
            click.Option(
                ["--depth"],
                type=click.IntRange(0),
                help="Levels of blocks to open; deeper ones are one box each.",
            ),
            size_option(),
        ],
        help="Draw SPEC as a diagram.",
        short_help="Draw the diagram.",
    )


def _draw(spec: str, output: str | None, depth: int | None, size: str | None) -> int:
    from netlang.build import BuildOptions
    from netlang.elaborate import load_program
    from netlang.targets import backend, write

    options = replace(BuildOptions(), depth=depth, sizes=sizes(size))
    program = load_program(spec)
    path = Path(output or f"{program.name}.svg")
    report(write(backend("graphviz"), program, path, options))
    return 0
