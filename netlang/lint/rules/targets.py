"""Warns about loop variables that nothing reads: W0104. Names that begin with `_` are exempt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, final

from netlang import advice as fixes
from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Fix
from netlang.lint.tree import NAMES, TreeRule, read_name
from netlang.records import Draft
from netlang.source import Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["UnusedTargets"]


@final
class _Loop(Draft):
    """A loop that is being walked, with those of its variables that haven't been read so far.

    In `unseen`, and before `start`, they have no value yet.
    """

    statement: ast.For | ast.Comprehension
    names: frozenset[str]
    unread: dict[str, ast.Name]
    start: int
    unseen: Span | None = None
    targets: frozenset[ast.Name] = frozenset()

    def reads(self, node: ast.Node) -> bool:
        """Whether a node with one of the names reads it."""
        start = node.span.start
        hidden = self.unseen is not None and self.unseen.start <= start < self.unseen.end
        return start >= self.start and not hidden and node not in self.targets


class UnusedTargets(TreeRule):
    """The loops around the current node, innermost last."""

    watches = (*NAMES, ast.For, ast.Comprehension)

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._open: list[_Loop] = []
        self._branching: set[ast.Node] = set()
        self._unread: list[tuple[ast.For | ast.Comprehension, ast.Name]] = []

    def begin(self, item: ast.Item) -> None:
        self._close(item.span.start)

    def see(self, node: ast.Node) -> None:
        if isinstance(node, ast.Apply) and node.body is not None:
            self._branching.update(_loops(node.body))
        if not self._open and not isinstance(node, (ast.For, ast.Comprehension)):
            return
        self._close(node.span.start)
        if isinstance(node, (ast.For, ast.Comprehension)):
            self._open.append(_loop(node))
            return
        name = read_name(node)
        for loop in reversed(self._open):
            if name in loop.names and loop.reads(node):
                loop.unread.pop(name, None)
                return

    def _close(self, start: int) -> None:
        """Leave the loops that end before `start`."""
        while self._open and self._open[-1].statement.span.end <= start:
            loop = self._open.pop()
            self._unread += [(loop.statement, name) for name in loop.unread.values()]

    def found(self) -> Iterator[Caution]:
        self._close(self.module.file.span.end + 1)
        for statement, name in sorted(self._unread, key=lambda each: each[1].span.start):
            fix = None
            if isinstance(statement, ast.For) and statement not in self._branching:
                fix = _repeat(statement)
            fix = fix or fixes.replaced(name.span, f"_{name.name}")
            yield diagnostics.UnusedTarget(span=name.span, name=name.name, fix=fix)


def _loop(node: ast.For | ast.Comprehension) -> _Loop:
    """A loop at its beginning."""
    if isinstance(node, ast.For):
        targets, start, unseen = tuple(ast.names_in(node.targets)), node.body.span.start, None
    else:
        targets = tuple(name for each in node.clauses for name in ast.names_in(each.targets))
        start, unseen = node.span.start, node.clauses[0].iterable.span
    unread = {each.name: each for each in targets if not each.name.startswith("_")}
    names = frozenset(each.name for each in targets)
    return _Loop(node, names, unread, start, unseen, frozenset(targets))


def _loops(suite: ast.Suite) -> Iterator[ast.For]:
    """The loops that make branches where the suite is that of a merge: none may be `repeat`."""
    for statement in suite.statements:
        if isinstance(statement, ast.For):
            yield statement
            yield from _loops(statement.body)
        elif isinstance(statement, ast.If):
            yield from _loops(statement.then)
            if statement.otherwise is not None:
                yield from _loops(statement.otherwise)


def _repeat(statement: ast.For) -> Fix | None:
    """`repeat n` for `for i in range(n)`."""
    call = statement.iterable
    if len(statement.targets) > 1 or not isinstance(call, ast.Call):
        return None
    known = isinstance(call.callee, ast.Name) and call.callee.name == "range"
    if not known or len(call.arguments) != 1 or call.arguments[0].name is not None:
        return None
    head = Span(statement.span.source, statement.span.start, call.span.end)
    return fixes.replaced(head, f"repeat {call.arguments[0].value.span.text}")
