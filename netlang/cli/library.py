"""The bundled library for `netlang list`: groups of families with their definitions.

Nothing is elaborated. The definitions are read from the text of the files, and their groups from
`groups.toml` beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import final

from netlang.records import Record

__all__ = ["BLOCKS", "OTHERS", "LibraryEntry", "Family", "LibraryGroup", "groups"]

BLOCKS = "Blocks, to import"
OTHERS = "Others"


@final
class LibraryEntry(Record):
    """A net, recipe or block: its required parameters and its docstring."""

    kind: str
    name: str
    parameters: tuple[str, ...]
    doc: str

    @property
    def called(self) -> str:
        """The name with the required parameters."""
        return f"{self.name}({', '.join(self.parameters)})" if self.parameters else self.name


@final
class Family(Record):
    """One file of the library."""

    name: str
    doc: str
    entries: tuple[LibraryEntry, ...]

    def of(self, kind: str) -> tuple[LibraryEntry, ...]:
        """The nets, recipes or blocks."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def has(self, word: str) -> bool:
        """Whether a name contains the word, or a text has a word that begins with it."""
        names = (self.name, *(entry.name for entry in self.entries))
        texts = (self.doc, *(text for entry in self.entries for text in (entry.kind, entry.doc)))
        return any(word.casefold() in name.casefold() for name in names) or _begins(word, texts)


@final
class LibraryGroup(Record):
    """Families for one task."""

    title: str
    families: tuple[Family, ...]

    def matching(self, words: Sequence[str]) -> LibraryGroup:
        """The families that match every word, or whose title does."""
        left = [word for word in words if not _begins(word, (self.title,))]
        families = (each for each in self.families if all(each.has(word) for word in left))
        return LibraryGroup(self.title, tuple(families))


def _begins(word: str, texts: Iterable[str]) -> bool:
    wanted = re.compile(rf"\b{re.escape(word)}", re.IGNORECASE)
    return any(wanted.search(text) for text in texts)


def groups() -> Iterator[LibraryGroup]:
    """The library by task as in `groups.toml`, then the families that it omits, then the blocks."""
    left = {family.name: family for family in _families()}
    for title, files in _titles():
        yield LibraryGroup(title, tuple(left.pop(file) for file in files if file in left))
    blocks = tuple(family for name, family in left.items() if name.startswith("blocks."))
    others = tuple(family for family in left.values() if family not in blocks)
    yield from (LibraryGroup(OTHERS, others), LibraryGroup(BLOCKS, blocks))


def _titles() -> Iterator[tuple[str, list[str]]]:
    import tomllib

    from netlang.modules.files import bundled_folder

    text = (bundled_folder() / "groups.toml").read_text(encoding="utf-8")
    for group in tomllib.loads(text)["group"]:
        yield group["title"], group["files"]


def _families() -> Iterator[Family]:
    from netlang.modules.files import bundled_files, read
    from netlang.syntax import ast
    from netlang.syntax.parser import parse

    shown = ast.NetDef | ast.NetAlias | ast.TrainDef | ast.BlockDef
    for name, path in bundled_files().items():
        file = parse(read(path))
        entries = tuple(_entry(item) for item in file.items if isinstance(item, shown))
        yield Family(name, _tidy(file.doc), entries)


def _entry(item: object) -> LibraryEntry:
    from netlang.syntax import ast

    if isinstance(item, ast.NetAlias):
        return LibraryEntry("net", item.name, (), _tidy(item.doc))
    assert isinstance(item, ast.NetDef | ast.TrainDef | ast.BlockDef)
    kinds = {ast.NetDef: "net", ast.TrainDef: "recipe", ast.BlockDef: "block"}
    needed = (parameter.name for parameter in item.parameters if parameter.default is None)
    return LibraryEntry(kinds[type(item)], item.name, tuple(needed), _tidy(item.doc))


def _tidy(doc: str | None) -> str:
    return doc.strip() if doc else ""
