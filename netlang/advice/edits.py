"""Edits of the text, as several fixes need them.

A fix is offered only if the result compiles as far as this error is concerned. Functions return
None, or nothing, if there is no such edit.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.ir.arguments import signature
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = [
    "argument_of",
    "around",
    "calls_of",
    "enclosing",
    "names_of",
    "inserted",
    "labels_read",
    "labels_reused",
    "replaced",
    "unused_name",
    "values_read",
    "with_arguments",
    "without_arguments",
    "without_statement",
]

NodeT = TypeVar("NodeT", bound=ast.Node)

_NAMED = (
    ast.Name | ast.Apply | ast.Constant | ast.FunctionDef | ast.BlockDef | ast.NetDef
    | ast.NetAlias | ast.Parameter | ast.Input | ast.Output
)  # fmt: skip
# Compiled on first use, since a valid file needs none of them.
_CALL = r"[A-Za-z_]\w*[ \t]*\("
_NUMBERED = r"(?s:(.*?)(\d*))"


def replaced(span: Span, text: str, description: str = "", *, safe: bool = False) -> Fix:
    """Replaces `span` by `text`."""
    return Fix(description or f"write `{text.strip()}`", (Edit(span, text),), safe)


def inserted(span: Span, text: str, description: str, *, safe: bool = False) -> Fix:
    """Inserts `text` after `span`."""
    return replaced(Span(span.source, span.end, span.end), text, description, safe=safe)


def enclosing(tree: ast.File, span: Span, kind: type[NodeT]) -> NodeT | None:
    """The innermost node of a kind that contains `span`."""
    return next((node for node in around(tree, span) if isinstance(node, kind)), None)


def around(tree: ast.File, span: Span) -> Iterator[ast.Node]:
    """The nodes that contain `span`, inner ones first."""
    if tree.span.source is not span.source:
        return
    nodes = _nodes_of(tree)
    number = bisect_right(nodes.starts, span.start) - 1
    while number >= 0:
        node = nodes.nodes[number]
        if node.span.start <= span.start and span.end <= node.span.end:
            yield node
        number = nodes.parents[number]


class _Nodes(NamedTuple):
    """The nodes of a tree by start position, outer ones first, with their parents."""

    starts: list[int]
    nodes: list[ast.Node]
    parents: list[int]


def calls_of(tree: ast.File, name: str) -> Sequence[tuple[ast.Argument, ...]]:
    """The arguments of every call of a block."""
    return _calls_of(tree).get(name, ())


@lru_cache(maxsize=4)
def values_read(tree: ast.File) -> frozenset[str]:
    """The first words of all values that a file reads: in tuples and at the start of paths."""
    found = set[str]()
    for node in walk(tree):
        if isinstance(node, ast.Reference):
            found.update(node.label.first_words)
        elif isinstance(node, ast.Path):
            first = node.steps[0].action
            if isinstance(first, ast.Apply) and first.is_bare:
                found.add(first.name)
    return frozenset(found)


@lru_cache(maxsize=4)
def labels_reused(tree: ast.File) -> frozenset[str]:
    """The last words of all labels that a file applies again by `reuse`, as written."""
    reused = (node for node in walk(tree) if isinstance(node, ast.Reuse))
    return frozenset(node.label.parts[-1].span.text for node in reused)


@lru_cache(maxsize=4)
def labels_read(tree: ast.File) -> frozenset[str]:
    """The first words of all labels that a file reads."""
    found = set[str]()
    for node in walk(tree):
        if isinstance(node, ast.Apply | ast.Name):
            found.add(node.name)
        elif isinstance(node, ast.Reference | ast.Reuse):
            found.update(node.label.first_words)
    return frozenset(found)


@lru_cache(maxsize=4)
def _calls_of(tree: ast.File) -> dict[str, list[tuple[ast.Argument, ...]]]:
    found: dict[str, list[tuple[ast.Argument, ...]]] = {}
    for node in walk(tree):
        called = node.callee if isinstance(node, ast.Call) else node
        if isinstance(called, ast.Name | ast.Apply):
            arguments = node.arguments if isinstance(node, ast.Call | ast.Apply) else None
            found.setdefault(called.name, []).append(arguments or ())
    return found


@lru_cache(maxsize=4)
def names_of(tree: ast.File) -> frozenset[str]:
    """Every name that a file defines or reads."""
    return frozenset(node.name for node in _nodes_of(tree).nodes if isinstance(node, _NAMED))


@lru_cache(maxsize=4)
def _nodes_of(tree: ast.File) -> _Nodes:
    """All nodes of a tree, computed once for all errors that ask for the surrounding nodes."""
    nodes = sorted(walk(tree), key=lambda node: (node.span.start, -node.span.end))
    parents: list[int] = []
    around: list[int] = []
    for number, node in enumerate(nodes):
        while around and nodes[around[-1]].span.end < node.span.end:
            around.pop()
        parents.append(around[-1] if around else -1)
        around.append(number)
    return _Nodes([node.span.start for node in nodes], nodes, parents)


def unused_name(name: str, taken: Iterable[str]) -> str:
    """`name` with the next unused number."""
    known = taken if isinstance(taken, frozenset) else set(taken)
    match = re.fullmatch(_NUMBERED, name)
    assert match is not None
    stem, number = match[1], int(match[2] or 1) + 1
    while f"{stem}{number}" in known:
        number += 1
    return f"{stem}{number}"


def without_statement(span: Span) -> Edit:
    """Removes a statement with its line, or with its `;` if other statements share the line."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end + 1
    before, after = text[start : span.start], text[span.end : end]
    if not before.strip() and not after.split("#")[0].strip():
        return Edit(Span(span.source, start, end), "")
    behind = re.match(r"[ \t]*;[ \t]*", after)
    if behind:
        return Edit(Span(span.source, span.start, span.end + behind.end()), "")
    ahead = re.search(r"[ \t]*;[ \t]*\Z", before)
    begin = start + ahead.start() if ahead else span.start
    return Edit(Span(span.source, begin, span.end), "")


def without_arguments(arguments: Sequence[ast.Argument], first: int, last: int) -> Edit:
    """Removes arguments `first` to `last` with their commas."""
    start, end = arguments[first].span.start, arguments[last].span.end
    if first:
        start = arguments[first - 1].span.end
    elif last + 1 < len(arguments):
        end = arguments[last + 1].span.start
    return Edit(Span(arguments[first].span.source, start, end), "")


def with_arguments(span: Span, texts: Sequence[str]) -> Edit:
    """Adds arguments to the call that begins at `span`, with or without parentheses."""
    text = span.text
    call = re.match(_CALL, text)
    if call is None:
        end = span.start + len(re.match(r"\w*", text)[0])  # type: ignore[index]  # matches always
        return Edit(Span(span.source, end, end), f"({', '.join(texts)})")
    close = _closing(text, call.end())
    more = ", ".join(texts)
    before = text[call.end() : close].strip()
    if before:
        more = f" {more}" if before.endswith(",") else f", {more}"
    place = span.start + close
    return Edit(Span(span.source, place, place), more)


def _closing(text: str, start: int) -> int:
    """The position of the bracket that closes the one opened before `start`."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if not depth:
            return place
    return len(text)


def argument_of(call: ast.Apply, name: str) -> ast.Expr | None:
    """The argument of an operator, given by name or by position."""
    op = operator(call.name)
    names = [item.name for item in signature(op)] if op else []
    for place, argument in enumerate(call.arguments or ()):
        if isinstance(argument.value, ast.Spread):
            return None
        given = argument.name or (names[place] if place < len(names) else "")
        if given == name:
            return argument.value
    return None
