"""Removes the warnings that comments silence, and checks these comments."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, final

from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, ChainLink, Diagnostic
from netlang.lint.allow import Allow, Allowances, nothing, wrong
from netlang.lint.calls import Found, OpenWays
from netlang.source import Source, Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["silenced"]


def silenced(
    module: Module, found: Iterable[Found], definitions: set[tuple[str, int]] | None
) -> tuple[tuple[Caution, ...], tuple[Diagnostic, ...]]:
    """The remaining warnings, each once, in the order of the text, and errors in comments.

    A comment applies at the warning's place and at the calls that lead there: at a call, it
    silences what is reached through that call. `definitions` are the nets and blocks whose steps
    were visited; None if unused comments aren't to be reported.
    """
    comments = _Comments(module)
    left = _each_once(comments.left(found))
    own = comments.own
    if not own:
        return tuple(left), ()
    from netlang.diagnostics.catalogue import codes

    known = codes()
    errors = tuple(each for allow in own if (each := wrong(allow, known)) is not None)
    if definitions is not None:
        left += _unused(module, own, known, definitions)
    return tuple(left), errors


@final
class _Comments:
    """The comments of a file and of the files to which its nets lead."""

    def __init__(self, module: Module) -> None:
        self._module = module
        mine = Allowances(module)
        self.own = mine.allows
        self._files: dict[Source, Allowances | None] = {module.source: mine}

    def left(self, found: Iterable[Found]) -> Iterator[Caution]:
        """The warnings that no comment silences."""
        ways = OpenWays(self._at_call)
        for each in found:
            if not self._silence(each.caution.code, each.caution.span):
                left = ways.left(each)
                if left is not None:
                    yield left

    def _at_call(self, code: str, frame: ChainLink) -> bool:
        return self._silence(code, frame.span)

    def _silence(self, code: str, place: Span | None) -> bool:
        comments = self._of(place.source) if place else None
        return bool(place and comments and comments.silences(code, place))

    def _of(self, source: Source) -> Allowances | None:
        """The comments of a file; None if it isn't a file."""
        if source not in self._files:
            modules = self._module.library.modules
            other = next((each for each in modules if each.source is source), None)
            self._files[source] = Allowances(other) if other else None
        return self._files[source]


def _each_once(found: Iterable[Caution]) -> list[Caution]:
    """One warning of a kind per place, however often a block is used, in the order of the text."""
    by_place: dict[tuple[str, int, str], Caution] = {}
    for caution in found:
        span = caution.span
        key = (span.source.name if span else "", span.start if span else 0, caution.code)
        by_place.setdefault(key, caution)
    return [by_place[key] for key in sorted(by_place)]


def _unused(
    module: Module,
    own: Iterable[Allow],
    known: tuple[str, ...],
    definitions: set[tuple[str, int]],
) -> Iterator[Caution]:
    """Comments that silence nothing, except in a block that no net of the file uses."""
    unseen = [
        item.span
        for item in module.file.items
        if isinstance(item, (ast.BlockDef, ast.NetDef))
        and (module.name, item.name_span.start) not in definitions
    ]
    starts = [span.start for span in unseen]
    for allow in own:
        place = bisect_right(starts, allow.place) - 1
        inside = place >= 0 and allow.place < unseen[place].end
        unknowable = inside and _is_of_steps(allow.name)
        if not allow.used and not unknowable and allow.name in known and allow.name[0] == "W":
            yield nothing(allow)


def _is_of_steps(code: str) -> bool:
    """Whether a warning is known only of steps that some net takes."""
    of_nets = (diagnostics.AppliedTwice.code, diagnostics.StepAfterOutput.code)
    return code in of_nets or diagnostics.is_about_tensors(code)
