"""`netlang explain`: the arithmetic behind every figure of a layer, a block or a net."""

from __future__ import annotations

import click

from netlang.cli.arguments.sizes import size_option, sizes
from netlang.cli.options import spec_argument

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "explain",
        callback=_explain,
        params=[
            spec_argument(),
            click.Argument(["path"], metavar="[PATH]", required=False),
            size_option(),
            click.Option(
                ["--batch"],
                type=click.IntRange(1),
                default=1,
                show_default=True,
                help="Number of examples that the figures are for.",
            ),
        ],
        help="Show how shapes, parameters, MACs, memory and receptive field come about: of the "
        "layer, block or scope at PATH (`layer1.0.conv1`), or of all layers of SPEC.",
        short_help="Show the arithmetic of a layer or of the net.",
    )


def _explain(spec: str, path: str | None, size: str | None, batch: int) -> int:
    from netlang.analysis.explain import LayerArithmetic, explain
    from netlang.analysis.render.arithmetic import render_layer, render_part
    from netlang.cli.arguments.nets import program_of

    program = program_of(spec)
    found = explain(program, path, sizes(size, program), batch)
    if isinstance(found, LayerArithmetic):
        click.echo(render_layer(found))
    else:
        click.echo(render_part(found))
    return 0
