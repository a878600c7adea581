"""`netlang list`: the bundled nets, recipes and blocks, grouped by family."""

from __future__ import annotations

from collections.abc import Iterator

import click

__all__ = ["command"]

HEADINGS = {"net": "nets", "train": "recipes", "block": "blocks"}


def command() -> click.Command:
    return click.Command(
        "list",
        callback=_list,
        params=[click.Argument(["words"], nargs=-1, metavar="[WORD]...")],
        help="List what is bundled; with WORDs only the families that have all of them.",
        short_help="List the bundled nets, recipes and blocks.",
    )


def _list(words: tuple[str, ...]) -> int:
    from netlang.cli.families import families

    wanted = [word.casefold() for word in words]
    found = [
        family
        for family in families()
        if all(word in family.text.casefold() for word in wanted)
    ]
    if not found:
        click.echo(f"nothing bundled matches {' '.join(words)}", err=True)
        return 1
    click.echo("\n\n".join("\n".join(_described(*_parts(family))) for family in found))
    return 0
