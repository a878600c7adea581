"""Lists that are made of others: comprehensions, names for the parts of an item, and spreads.

Each name is assigned once, those of a comprehension in a scope of their own. On exit, lists are as
if their items had been written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Note
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.environment import Environment
from netlang.evaluate.values import Items, Layer, Value, describe, kind_of
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["Scoped", "bounded", "comprehension", "items_of", "single", "spread", "taken_apart"]


# Values in nested lists, or in a layer with layers as arguments: twenty names can make a million.
_MOST_INSIDE = 20_000


class Scoped(Protocol):
    """An evaluator with the names of one scope, and others for the scopes inside it."""

    names: Environment

    def value(self, expr: ast.Expr) -> Value: ...
    def truth(self, expr: ast.Expr) -> bool: ...
    def inner(self) -> Scoped: ...


def items_of(expr: ast.Expr, value: Value) -> tuple[Value, ...]:
    """The items that a `for` goes through; `value` is that of `expr`."""
    if isinstance(value, tuple):
        return value
    actual, fix = f"{describe(value)}, {kind_of(value)}", fixes.counted(expr.span, value)
    raise NetlangError(language.BadIterable(span=expr.span, actual=actual, fix=fix))


def taken_apart(targets: tuple[ast.Target, ...], item: Value) -> Iterator[tuple[ast.Name, Value]]:
    """The names of a `for`, each with its part of an item. Raises where they don't match."""
    values = (item,) if len(targets) == 1 else item
    if not isinstance(values, tuple) or len(values) != len(targets):
        raise _mismatch(targets, item)
    for target, value in zip(targets, values, strict=True):
        if isinstance(target, ast.Name):
            yield target, value
        elif len(target.items) > 1:
            yield from taken_apart(target.items, value)
        elif isinstance(value, tuple) and len(value) == 1:
            yield from taken_apart(target.items, value[0])
        else:
            raise _mismatch(target.items, value)


def _mismatch(targets: tuple[ast.Target, ...], item: Value) -> NetlangError:
    count = len(item) if isinstance(item, tuple) else 1
    return NetlangError(
        language.BadTargets(
            span=targets[0].span.to(targets[-1].span),
            targets=len(targets),
            values=count,
            item=describe(item),
            fix=fixes.more_targets(targets, count),
        )
    )


def comprehension(expr: ast.Comprehension, scope: Scoped) -> tuple[Value, ...]:
    """The values of the element, for each item of the lists that its conditions let through."""
    return tuple(_elements(expr, 0, scope))


def _elements(expr: ast.Comprehension, depth: int, scope: Scoped) -> Iterator[Value]:
    if depth == len(expr.clauses):
        yield scope.value(expr.element)
        return
    clause = expr.clauses[depth]
    items = items_of(clause.iterable, scope.value(clause.iterable))
    scope.names.work.spend(len(items), expr.span, clause.span)
    for item in items:
        inner = scope.inner()
        for target, value in taken_apart(clause.targets, item):
            _refuse_again(expr, target, inner.names)
            inner.names.assign(target.name, value, target.span)
        if all(inner.truth(condition) for condition in clause.conditions):
            yield from _elements(expr, depth + 1, inner)


def _refuse_again(expr: ast.Comprehension, target: ast.Name, names: Environment) -> None:
    """Refuse a name that has a value already, whose readers would read another one here."""
    before = names.assigned(target.name)
    if before is not None:
        notes = (Note(before, "the first time"),)
        fix = fixes.renamed_inside(expr, target, names.names())
        raise NetlangError(
            language.AssignedTwice(span=target.span, name=target.name, notes=notes, fix=fix)
        )


def spread(expr: ast.Spread, evaluate: Callable[[ast.Expr], Value]) -> tuple[Value, ...]:
    """The items that `*row` puts in its place."""
    value = evaluate(expr.value)
    if isinstance(value, tuple):
        return value
    actual = f"{describe(value)}, {kind_of(value)}"
    raise NetlangError(
        language.SpreadNotList(span=expr.span, actual=actual, text=expr.value.span.text)
    )


def single(argument: ast.Argument, callee: str) -> ast.Expr:
    """The value of an argument where each has a place of its own. Raises for `*row`."""
    if isinstance(argument.value, ast.Spread):
        raise NetlangError(language.SpreadMisplaced(span=argument.span, callee=callee))
    return argument.value


def bounded(value: Value, span: Span) -> Value:
    """A value of a size that can safely be traversed."""
    if isinstance(value, tuple):
        value = Items.of(value)
        if value.weight > max(_MOST_INSIDE, len(value) + 1):
            raise _too_many(span)
    elif isinstance(value, Layer) and value.weight > _MOST_INSIDE:
        raise _too_many(span)
    return value


def _too_many(span: Span) -> NetlangError:
    limit = f"{_MOST_INSIDE:,} values in lists and layers inside each other"
    return NetlangError(language.NumberTooLarge(span=span, limit=limit))
