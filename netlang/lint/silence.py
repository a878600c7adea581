"""Warnings without those that comments silence, and what is wrong with such comments."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from netlang.diagnostics.core import Caution, Diagnostic
from netlang.lint.allow import Allow, Allowances, nothing, wrong
from netlang.source import Source, Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.elaborate.modules import Module

__all__ = ["silenced"]


def silenced(
    module: Module, cautions: Sequence[Caution], definitions: set[tuple[str, int]] | None
) -> tuple[tuple[Caution, ...], tuple[Diagnostic, ...]]:
    """The warnings that are left, and errors of comments.

    A comment counts where the warning stands, and at the calls that lead there. `definitions` are
    the nets and blocks whose steps were looked at; None if unused comments aren't to be told.
    """
    files: dict[Source, Allowances | None] = {module.source: (mine := Allowances(module))}
    left = [each for each in cautions if not _is_silenced(module, each, files)]
    own = mine.allows
    if not own:
        return tuple(left), ()
    from netlang.diagnostics.catalogue import codes

    known = codes()
    errors = tuple(each for allow in own if (each := wrong(allow, known)) is not None)
    if definitions is not None:
        left += _unused(module, own, known, definitions)
    return tuple(left), errors


def _is_silenced(module: Module, caution: Caution, files: dict[Source, Allowances | None]) -> bool:
    for place in (caution.span, *(frame.span for frame in caution.chain)):
        comments = _of(module, place, files) if place else None
        if place and comments and comments.silences(caution, place):
            return True
    return False


def _of(module: Module, place: Span, files: dict[Source, Allowances | None]) -> Allowances | None:
    """The comments of the file that a place is in; None where it is no file."""
    source = place.source
    if source not in files:
        other = next((each for each in module.library.modules if each.source is source), None)
        files[source] = Allowances(other) if other else None
    return files[source]


def _unused(
    module: Module,
    own: Iterable[Allow],
    known: tuple[str, ...],
    definitions: set[tuple[str, int]],
) -> Iterator[Caution]:
    """Comments that silence nothing; not those in a block that no net of the file uses."""
    unseen = [
        item.span
        for item in module.file.items
        if isinstance(item, ast.BlockDef | ast.NetDef)
        and (module.name, item.name_span.start) not in definitions
    ]
    starts = [span.start for span in unseen]
    for allow in own:
        place = bisect_right(starts, allow.place) - 1
        inside = place >= 0 and allow.place < unseen[place].end
        unknowable = inside and allow.name.startswith("W02")
        if not allow.used and not unknowable and allow.name in known and allow.name[0] == "W":
            yield nothing(allow)
