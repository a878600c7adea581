"""`netlang list`: the bundled nets, recipes and blocks, grouped by family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import click

__all__ = ["command"]


@final
@dataclass(frozen=True)
class Entry:
    """A net, recipe or block: its name as it is called, and the first line of its docstring."""

    kind: str
    name: str
    doc: str


@final
@dataclass(frozen=True)
class Family:
    """One file of the library."""

    name: str
    doc: str
    entries: tuple[Entry, ...]

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every word occurs in the family's names or texts."""
        texts = (self.name, self.doc, *(f"{e.name} {e.doc} {e.kind}" for e in self.entries))
        text = "\n".join(texts).casefold()
        return all(word.casefold() in text for word in words)


def command() -> click.Command:
    return click.Command(
        "list",
        callback=_list,
        params=[click.Argument(["words"], nargs=-1, metavar="[WORD]...")],
        help="List what is bundled; with words, only the families in which all of them occur.",
        short_help="List the bundled nets, recipes and blocks.",
    )


def _list(words: tuple[str, ...]) -> int:
    found = [family for family in _families() if family.matches(words)]
    if not found:
        click.echo(f"nothing bundled matches `{' '.join(words)}`", err=True)
        return 1
    click.echo("\n\n".join("\n".join(_lines(family)) for family in found))
    return 0


def _families() -> Iterator[Family]:
    from netlang.elaborate.files import bundled_files, read
    from netlang.syntax import ast
    from netlang.syntax.parser import parse

    kinds = {ast.NetDef: "net", ast.NetAlias: "net", ast.TrainDef: "recipe", ast.BlockDef: "block"}
    for name, path in bundled_files().items():
        file = parse(read(path))
        entries = tuple(
            Entry(kinds[type(item)], _called(item), _first_line(item.doc))
            for item in file.items
            if isinstance(item, ast.NetDef | ast.NetAlias | ast.TrainDef | ast.BlockDef)
        )
        yield Family(name, _first_line(file.doc), entries)


def _called(item: object) -> str:
    """The name with the parameters that must be given."""
    from netlang.syntax import ast

    if isinstance(item, ast.NetAlias):
        return item.name
    assert isinstance(item, ast.NetDef | ast.TrainDef | ast.BlockDef)
    needed = [parameter.name for parameter in item.parameters if parameter.default is None]
    return f"{item.name}({', '.join(needed)})" if needed else item.name


def _first_line(doc: str | None) -> str:
    return doc.strip().partition("\n")[0].strip() if doc else ""


def _lines(family: Family) -> Iterator[str]:
    yield f"{family.name}  {family.doc}".rstrip()
    for kind in ("net", "recipe", "block"):
        entries = [entry for entry in family.entries if entry.kind == kind]
        plain = [entry.name for entry in entries if not entry.doc]
        if plain:
            yield from _wrapped(f"  {kind:<7} ", plain)
        for entry in entries:
            if entry.doc:
                yield f"  {kind:<7} {entry.name}: {entry.doc}"


def _wrapped(head: str, names: Sequence[str]) -> Iterator[str]:
    """Names after a heading, in lines of at most 100 characters."""
    line = head
    for name in names:
        if len(line) + len(name) > 100 and line.strip():
            yield line.rstrip()
            line = " " * len(head)
        line += f"{name}  "
    yield line.rstrip()
