"""Loops, and the names that they and constants assign; each name is assigned once."""

from __future__ import annotations

from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Note
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.body import Body
from netlang.evaluate.lists import items_of, taken_apart
from netlang.evaluate.values import Value, describe, kind_of
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["count", "iterations", "refuse_reassignment"]


def iterations(body: Body, statement: ast.For) -> Iterator[Body]:
    """One inner body for each item, with its names bound, starting from the current value."""
    items = items_of(statement.iterable, body.evaluator.value(statement.iterable))
    with body.session.loop(len(items), statement.iterable.span):
        for item in items:
            inner = body.inner(None, body.flow, statement.iterable)
            _bind(inner, statement, item)
            yield inner


def _bind(body: Body, statement: ast.For, item: Value) -> None:
    """The names of a `for`, for one item."""
    for target, value in taken_apart(statement.targets, item):
        refuse_reassignment(body, target.name, target.span, statement)
        body.evaluator.names.assign(target.name, value, target.span)


def count(body: Body, statement: ast.Repeat) -> int:
    """The number of repetitions of a `repeat`."""
    times = body.evaluator.decided(statement.count)
    if isinstance(times, bool) or not isinstance(times, int) or times < 0:
        actual = f"{describe(times)}, {kind_of(times)}"
        raise NetlangError(language.BadCount(span=statement.count.span, actual=actual))
    return times


def refuse_reassignment(body: Body, name: str, span: Span, scope: ast.Node | None = None) -> None:
    """Refuse a name that is already assigned; `scope` is where it would be visible."""
    before = body.evaluator.names.assigned(name)
    if before is not None:
        raise NetlangError(
            language.AssignedTwice(
                span=span,
                name=name,
                notes=(Note(before, "the first time"),),
                fix=fixes.renamed(body.module.file, name, span, scope),
            )
        )
