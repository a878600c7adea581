"""`netlang diff`: what is different between two nets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netlang.cli.arguments.sizes import size_option, sizes
from netlang.cli.options import outputs
from netlang.cli.verbs.compile import report

if TYPE_CHECKING:
    from netlang.diff import Difference

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "diff",
        callback=_diff,
        params=[
            click.Argument(["before"], metavar="BEFORE"),
            click.Argument(["after"], metavar="AFTER"),
            click.Option(["--steps"], is_flag=True, help="List every step that differs as well."),
            click.Option(["--json", "as_json"], is_flag=True, help="Print JSON, for programs."),
            click.Option(["--markdown"], is_flag=True, help="Print Markdown, for a pull request."),
            size_option(),
            click.Option(
                ["-o", "--output", "names"],
                multiple=True,
                metavar="OUT",
                help="Draw both nets as one diagram: .svg .png .pdf .dot. May be given several"
                " times.",
            ),
        ],
        help="Say what is different between two nets: steps that were added, removed, changed, "
        "moved and renamed, and what that does to the figures. BEFORE and AFTER are each a SPEC, "
        "or a file as it was in a git revision: `file.net@HEAD~1`, `file.net@main:net`. An ONNX "
        "file of others is imported first, as `netlang import` does. The exit status is 0 whether "
        "they differ or not.",
        short_help="Say what is different between two nets.",
    )


def _diff(
    before: str,
    after: str,
    steps: bool,
    as_json: bool,
    markdown: bool,
    size: str | None,
    names: tuple[str, ...],
) -> int:
    from netlang.cli.arguments.nets import imported_or_program_of
    from netlang.diff import compare

    if as_json + markdown + steps > 1:
        raise click.UsageError(
            "--steps, --json and --markdown are different ways to print: give one"
        )
    paths = outputs(names)
    programs = imported_or_program_of(before), imported_or_program_of(after)
    at = sizes(size, programs[0]), sizes(size, programs[1])
    found = compare(*programs, names=(before, after), sizes=at)
    if as_json:
        from netlang.diff.render.data import render_json

        click.echo(render_json(found))
    elif markdown:
        from netlang.diff.render.markdown import render_markdown

        click.echo(render_markdown(found))
    else:
        _print(found, steps)
    for path in paths:
        from netlang.targets.drawing import draw_difference

        report(draw_difference(found, path))
    return 0


def _print(found: Difference, steps: bool) -> None:
    from netlang.diff.render.text import render_text

    click.echo(render_text(found))
    if steps and not found.same:
        from netlang.diff.render.steps import render_steps

        click.echo()
        click.echo(render_steps(found))
