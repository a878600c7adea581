"""`netlang summary`: every layer of a net and the totals, at some sizes of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netlang.cli.arguments.nets import input_option, program_of
from netlang.cli.arguments.sizes import size_option, sizes
from netlang.cli.options import spec_argument

if TYPE_CHECKING:
    from netlang.analysis.summary import Summary

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "summary",
        callback=_summary,
        params=[
            spec_argument(),
            click.Option(
                ["--format", "kind"],
                type=click.Choice(["table", "json", "csv"]),
                default="table",
                show_default=True,
                help="How to print it.",
            ),
            input_option(),
            size_option(),
            click.Option(
                ["--batch"],
                type=click.IntRange(1),
                default=1,
                show_default=True,
                help="Number of examples that the figures are for.",
            ),
            click.Option(
                ["--depth"], type=click.IntRange(1), help="Levels of blocks to open in the table."
            ),
        ],
        help="Print every layer of SPEC with its shape, parameters and MACs, and the totals.",
        short_help="Print every layer, its shape, parameters and MACs.",
    )


def _summary(
    spec: str,
    kind: str,
    inputs: tuple[str, ...],
    size: str | None,
    batch: int,
    depth: int | None,
) -> int:
    from netlang.analysis.summary import summarize

    program = program_of(spec, inputs)
    click.echo(_rendered(summarize(program, sizes(size, program), batch), kind, depth))
    return 0


def _rendered(summary: Summary, kind: str, depth: int | None) -> str:
    if kind == "table":
        from netlang.analysis.render.table import render_table

        return render_table(summary, depth=depth)
    from netlang.analysis.render.data import render_csv, render_json

    return render_json(summary) if kind == "json" else render_csv(summary).rstrip("\n")
