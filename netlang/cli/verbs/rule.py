"""`netlang rule`: what an error code means, with a wrong and a right example."""

from __future__ import annotations

import click

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "rule",
        callback=_rule,
        params=[click.Argument(["code"], required=False, metavar="[CODE]")],
        help="Explain an error code such as E0412; without one, list all of them.",
        short_help="Explain an error code.",
    )


def _rule(code: str | None) -> int:
    from netlang.diagnostics.catalogue import codes, rule

    if code is None:
        for each in codes():
            found = rule(each)
            click.echo(f"{each}  {found.title if found else ''}")
        return 0
    found = rule(code.upper())
    if found is None:
        raise click.BadParameter(f"there is no code `{code}`: `netlang rule` lists all of them")
    click.echo(found.plain.rstrip())
    return 0
