"""`netlang list`: the bundled library by task; with words, what matches them, in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from netlang.cli.library import Family, LibraryEntry, LibraryGroup

__all__ = ["command"]

WIDTH = 100
_HEADINGS = {"net": "nets", "recipe": "recipes", "block": "blocks"}


def command() -> click.Command:
    return click.Command(
        "list",
        callback=_list,
        params=[click.Argument(["words"], nargs=-1, metavar="[WORD]...")],
        help="List the bundled nets by task. With words, show the families in whose names and "
        "texts all of them occur, with their parameters, recipes and blocks.",
        short_help="List and search the bundled nets, recipes and blocks.",
    )


def _list(words: tuple[str, ...]) -> int:
    from netlang.cli.library import groups

    every = list(groups())
    found = [group for group in (each.matching(words) for each in every) if group.families]
    if not found:
        from netlang.diagnostics.texts import visible

        asked = visible(" ".join(words))
        click.echo(f"nothing bundled matches `{asked}`{_advice(words, every)}", err=True)
        return 1
    render = _in_full if words else _overview
    click.echo("\n\n".join("\n".join(_lines(group, render)) for group in found))
    if not words:
        click.echo(f"\n{_counts(found)}\n`netlang list WORD...` searches and shows more.")
    return 0


def _lines(group: LibraryGroup, render: Callable[[Family], Iterator[str]]) -> Iterator[str]:
    yield group.title
    for family in group.families:
        yield from render(family)


def _overview(family: Family) -> Iterator[str]:
    """The paper, and the names that can be compiled as they are, or imported."""
    yield f"  {family.name:<24} {_first_line(family.doc)}".rstrip()
    ready = [entry.name for entry in family.of("net") if not entry.parameters]
    names = ready or [entry.called for entry in family.of("block")]
    if names != [family.name]:
        yield from _wrapped(" " * 27, names)


def _in_full(family: Family) -> Iterator[str]:
    """The docstring and every net, recipe and block."""
    first, *more = family.doc.splitlines() or [""]
    yield f"  {family.name}  {first}".rstrip()
    yield from (f"    {line}" for line in more if line)
    for kind, heading in _HEADINGS.items():
        yield from _entries(heading, family.of(kind))


def _entries(heading: str, entries: Sequence[LibraryEntry]) -> Iterator[str]:
    """Names side by side; those with a docstring on lines of their own."""
    head = f"    {heading:<8} "
    plain = [entry.called for entry in entries if not entry.doc]
    if plain:
        yield from _wrapped(head, plain)
        head = " " * len(head)
    for entry in entries:
        if entry.doc:
            yield f"{head}{entry.called}: {_first_line(entry.doc)}"
            head = " " * len(head)


def _wrapped(head: str, names: Sequence[str]) -> Iterator[str]:
    """Names after a heading, in lines of at most `WIDTH` characters."""
    line = head
    for name in names:
        if len(line) + len(name) > WIDTH and line.strip():
            yield line.rstrip()
            line = " " * len(head)
        line += f"{name}  "
    yield line.rstrip()


def _counts(found: Sequence[LibraryGroup]) -> str:
    families = [family for group in found for family in group.families]
    counts = (
        f"{sum(len(family.of(kind)) for family in families)} {heading}"
        for kind, heading in _HEADINGS.items()
    )
    return f"{len(families)} files: {', '.join(counts)}."


def _advice(words: Sequence[str], every: Sequence[LibraryGroup]) -> str:
    """Names that may have been meant."""
    from netlang.advice.similar import nearest

    families = [family for group in every for family in group.families]
    names = [name for each in families for name in (each.name, *(e.name for e in each.entries))]
    meant = [nearest(word, names) for word in words]
    found = " ".join(new or old for new, old in zip(meant, words, strict=True))
    return f"; did you mean `netlang list {found}`?" if any(meant) else ""


def _first_line(doc: str) -> str:
    return doc.partition("\n")[0].strip()
