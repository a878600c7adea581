"""`netlang expand`: a net fully resolved, with the origin of each value."""

from __future__ import annotations

import click

from netlang.cli.options import spec_argument

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "expand",
        callback=_expand,
        params=[
            spec_argument(),
            click.Option(
                ["--format", "kind"],
                type=click.Choice(["net", "json"]),
                default="net",
                show_default=True,
                help="As a spec without blocks, or as JSON for other programs.",
            ),
        ],
        help="Write SPEC out step by step: full paths, all arguments, shapes, and where each value "
        "came from. The text is a spec itself, and compiles to the same net.",
        short_help="Write a net out step by step, with the origin of each value.",
    )


def _expand(spec: str, kind: str) -> int:
    from netlang.analysis.expand import expand_program
    from netlang.cli.arguments.nets import program_of

    expansion = expand_program(program_of(spec))
    if kind == "json":
        from netlang.analysis.render.expansion_json import render_json

        click.echo(render_json(expansion))
    else:
        from netlang.analysis.render.expansion import render_spec

        click.echo(render_spec(expansion))
    return 0
