"""`netlang draw`: the diagram of a net, by default in the current folder."""

from __future__ import annotations

from pathlib import Path

import click

from netlang.cli.arguments.nets import input_option, program_of
from netlang.cli.arguments.sizes import size_option, sizes
from netlang.cli.options import outputs, spec_argument
from netlang.cli.verbs.compile import report

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "draw",
        callback=_draw,
        params=[
            spec_argument(),
            click.Option(
                ["-o", "--output", "names"],
                multiple=True,
                metavar="OUT",
                help="File to write; .svg .png .pdf .dot. NAME.svg without it. May be given several"
                " times.",
            ),
            click.Option(
                ["--depth"],
                type=click.IntRange(0),
                help="Levels of blocks to open; deeper ones are one box each.",
            ),
            input_option(),
            size_option(),
        ],
        help="Draw SPEC as a diagram.",
        short_help="Draw the diagram.",
    )


def _draw(
    spec: str,
    names: tuple[str, ...],
    depth: int | None,
    inputs: tuple[str, ...],
    size: str | None,
) -> int:
    from netlang.build import BuildOptions
    from netlang.records import replace
    from netlang.targets import backend, write

    paths = outputs(names)
    program = program_of(spec, inputs)
    options = replace(BuildOptions(), depth=depth, sizes=sizes(size, program))
    for path in paths or (Path(f"{program.name}.svg"),):
        report(write(backend("graphviz"), program, path, options))
    return 0
