"""Resolves import statements to files, or explains what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import ChainLink, Edit, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.modules.files import bundled_files, bundled_name
from netlang.modules.storage import Storage
from netlang.records import replace
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["file_of", "imported_at", "not_in_file"]

# Names of a file that a message lists.
_MOST_SHOWN = 30
# Names of an import that are compared with those of the file.
_MOST_COMPARED = 20


def file_of(
    statement: ast.FromImport, folder: Path | None, shown: str, storage: Storage
) -> tuple[Path, str]:
    """The path of an imported file, and its name in messages.

    `folder` is that of the importing file, which messages call `shown`, in `storage`. A file beside
    it takes precedence over a bundled one. Raises `NetlangError` if there is neither, or if a link
    leads out of the folder.
    """
    relative = Path(*statement.module).with_suffix(".net")
    if folder is not None and storage.has(folder / relative):
        if storage.leads_out(folder / relative, folder):
            shown = relative.as_posix()
            raise NetlangError(language.ImportLeavesFolder(span=statement.module_span, path=shown))
        importer = Path(shown.partition(".net@")[0])  # a revision is no part of the path
        return folder / relative, str(importer.parent / relative)
    bundled = bundled_files()
    dotted = ".".join(statement.module)
    if dotted in bundled:
        return bundled[dotted], bundled_name(dotted)
    fix = _meant(statement, folder, storage)
    error = language.ImportNotFound(span=statement.module_span, path=relative.as_posix(), fix=fix)
    if folder is None:
        error = replace(error, where="in the bundled library: no file is beside a text")
    raise NetlangError(error)


def _meant(statement: ast.FromImport, folder: Path | None, storage: Storage) -> Fix | None:
    """The file that may have been meant: without its suffix, or of a similar name."""
    from netlang.advice.similar import nearest  # only here: an error

    *above, last = statement.module
    bundled, dotted = bundled_files(), ".".join(statement.module)
    if above and last == "net":
        name = ".".join(above)
        path = Path(*above).with_suffix(".net")
        if name in bundled or (folder is not None and storage.has(folder / path)):
            edit = Edit(statement.module_span, name)
            return Fix(f"write `from {name}`, without the suffix", (edit,))
    beside = [] if folder is None else [p.stem for p in folder.glob("*.net") if p.is_file()]
    match = nearest(dotted, [*bundled, *beside])
    # A folder in common makes no two files alike: their own names must be.
    if match and not nearest(last, [match.rpartition(".")[2]]):
        match = None
    return fixes.replacement(dotted, [match], statement.module_span) if match else None


def not_in_file(
    file: ast.File, statement: ast.FromImport, name: ast.Import, known: Collection[str]
) -> NetlangError:
    """The error for an import of a name that the file doesn't define."""
    shown = [f"`{each}`" for each in islice(known, _MOST_SHOWN)]
    more = len(known) - len(shown)
    available = ", ".join(shown) + (f" and {more:,} more" if more else "")
    return NetlangError(
        language.NameNotInFile(
            span=name.span,
            module=".".join(statement.module),
            name=name.name,
            available=available or "nothing",
            fix=_read_as(file, _near(statement, name, known), name),
        )
    )


def _near(statement: ast.FromImport, name: ast.Import, known: Collection[str]) -> Fix | None:
    """The name that may have been meant, for the first of very many in one import."""
    if name not in statement.names[:_MOST_COMPARED]:
        return None
    return fixes.replacement(name.name, known, name.span)


def _read_as(file: ast.File, fix: Fix | None, name: ast.Import) -> Fix | None:
    """Also corrects the name where the file reads it."""
    if fix is None or name.alias is not None:
        return fix
    reads = (
        node.name_span if isinstance(node, ast.Apply) else node.span
        for node in walk(file)
        if isinstance(node, (ast.Apply, ast.Name)) and node.name == name.name
    )
    new = fix.edits[0].text
    return replace(fix, edits=(*fix.edits, *(Edit(span, new) for span in reads)))


@contextmanager
def imported_at(statement: ast.FromImport) -> Iterator[None]:
    """Inside, errors are those of another file: their chain says what imports it."""
    try:
        yield
    except NetlangError as error:
        link = ChainLink(statement.module_span, ".".join(statement.module))
        raise NetlangError(
            *(
                each
                if isinstance(each, language.CircularImport)
                else replace(each, chain=(*each.chain, link))
                for each in error.diagnostics
            )
        ) from None
