"""Warns about imports, constants and blocks that no net or recipe of a file needs: W0101 to W0103.

A file without a net or recipe is for others to import from: its constants and blocks count as used,
and so do its imports if it has nothing else. Whatever another file imports counts as used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netlang import advice as fixes
from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Edit, Fix
from netlang.lint.tree import NAMES, TreeRule, read_name
from netlang.source import Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["UnusedNames"]

_OWN = (ast.Constant, ast.FunctionDef, ast.BlockDef)
_ROOTS = (ast.NetDef, ast.NetAlias, ast.TrainDef)


class UnusedNames(TreeRule):
    """What each definition reads, and so what is unused."""

    watches = NAMES

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._reads: list[tuple[ast.Item, set[str]]] = []

    def begin(self, item: ast.Item) -> None:
        self._reads.append((item, set()))

    def see(self, node: ast.Node) -> None:
        name = node.name if type(node) is ast.Apply else read_name(node)
        if name is not None:
            self._reads[-1][1].add(name)

    def found(self) -> Iterator[Caution]:
        found = dict(self._unused())
        if not found:
            return
        from netlang.lint.rules.importers import imported_elsewhere

        elsewhere = imported_elsewhere(self.module)
        yield from (caution for name, caution in found.items() if name not in elsewhere)

    def _unused(self) -> Iterator[tuple[str, Caution]]:
        """Each unused name with its warning."""
        items = self.module.file.items
        if all(isinstance(item, ast.FromImport) for item in items):
            return
        read = {name for _, names in self._reads for name in names}
        for item in items:
            if isinstance(item, ast.FromImport):
                yield from _unused_imports(item, read)
        if any(isinstance(item, _ROOTS) for item in items):
            reached = self._reached()
            for item in items:
                if isinstance(item, _OWN) and item.name not in reached:
                    yield item.name, _unreached(item, fixable=item.name not in read)

    def _reached(self) -> set[str]:
        named = {item.name: names for item, names in self._reads if isinstance(item, _OWN)}
        waiting = [
            name
            for item, names in self._reads
            if isinstance(item, (*_ROOTS, ast.Assert))
            for name in names
        ]
        reached: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(named.get(name, ()))
        return reached


def _unreached(item: ast.Constant | ast.FunctionDef | ast.BlockDef, *, fixable: bool) -> Caution:
    """The warning about an unused definition; it can be removed only after its readers."""
    kind: type[
        diagnostics.UnusedBlock | diagnostics.UnusedFileConstant | diagnostics.UnusedFileFunction
    ] = diagnostics.UnusedFileConstant
    if isinstance(item, ast.BlockDef):
        kind = diagnostics.UnusedBlock
    elif isinstance(item, ast.FunctionDef):
        kind = diagnostics.UnusedFileFunction
    fix = Fix("use it, or remove it", (fixes.without_statement(item.span),)) if fixable else None
    return kind(span=item.name_span, name=item.name, fix=fix)


def _unused_imports(statement: ast.FromImport, read: set[str]) -> Iterator[tuple[str, Caution]]:
    for place, each in enumerate(statement.names):
        name = each.alias or each.name
        if name not in read:
            fix = Fix("remove it", (_without(statement, place),))
            yield name, diagnostics.UnusedImport(span=each.span, name=name, fix=fix)


def _without(statement: ast.FromImport, place: int) -> Edit:
    """The statement without one of its names."""
    names = statement.names
    if len(names) == 1:
        return fixes.without_statement(statement.span)
    start, end = names[place].span.start, names[place].span.end
    if place:
        start = names[place - 1].span.end
    else:
        end = names[1].span.start
    return Edit(Span(statement.span.source, start, end), "")
