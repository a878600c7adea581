"""Reports scopes and bodies without statements, and an `else:`, whose intention is unclear."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["WITH_SUITES", "empty_suites"]

WITH_SUITES = (ast.BlockDef, ast.Scope, ast.Apply, ast.If, ast.For, ast.Repeat)
"""Constructs with statements. A net without statements has no input, which is a separate error."""

_NOTHING = "`identity` is the step that does nothing"

_ELSE = r"(?:[ \t;]|#[^\n]*+|\n)*+(else[ \t]*:)[ \t]*([^\n]*)"


def empty_suites(node: ast.Node) -> Iterator[Diagnostic]:
    """What is wrong with the braces of a node itself, not with those inside it."""
    if isinstance(node, ast.If):
        yield from _of_condition(node)
    elif isinstance(node, (ast.For, ast.Repeat)) and not node.body.statements:
        kind = "for" if isinstance(node, ast.For) else "repeat"
        yield _empty(node.body, f"the body of this `{kind}`", _without(node.span))
    elif isinstance(node, ast.Scope) and not node.body.statements:
        yield _empty(node.body, "this scope", fixes.replaced(node.body.span, "identity", _NOTHING))
    elif isinstance(node, ast.BlockDef) and not node.body.statements:
        yield _empty(node.body, f"block `{node.name}`", _identity(node.body))
    elif isinstance(node, ast.Apply) and node.body is not None and not node.body.statements:
        # For a merge, this is reported where it is applied.
        if operator(node.name) is not None:
            return
        yield _empty(node.body, f"the body of `{node.name}`", _identity(node.body))


def _empty(suite: ast.Suite, what: str, fix: Fix | None, advice: str = "") -> Diagnostic:
    return language.EmptySuite(span=suite.span, what=what, advice=advice, fix=fix)


def _identity(suite: ast.Suite) -> Fix:
    """Puts `identity` into the braces, after a docstring."""
    if not suite.span.text.strip("{} \t\n"):
        return fixes.replaced(suite.span, "{ identity }", _NOTHING)
    last = Span(suite.span.source, suite.span.end - 1, suite.span.end - 1)
    return fixes.inserted(last, "    identity\n", _NOTHING)


def _without(span: Span) -> Fix:
    return Fix("remove it", (fixes.without_statement(span),))


def _of_condition(node: ast.If) -> Iterator[Diagnostic]:
    """`if c { }` and `else { }`; the `if` of an `else if` is reported with its `else`."""
    otherwise = node.otherwise
    if not node.then.statements:
        alone = otherwise is None and not _follows_else(node)
        advice = "remove it" if otherwise is None else "turn the condition round with `not`"
        fix = _without(node.span) if alone else None
        yield _empty(node.then, "the body of this `if`", fix, advice)
    if otherwise is not None and not otherwise.statements:
        behind = Span(node.span.source, node.then.span.end, otherwise.span.end)
        fix = Fix("remove it", (Edit(behind, ""),))
        yield _empty(otherwise, "the body of this `else`", fix)
    yield from _else_as_label(node)


def _else_as_label(node: ast.If) -> Iterator[Diagnostic]:
    """`else: relu` after an `if`, which would be a step of that label, whatever the condition."""
    if node.otherwise is not None:
        return
    # Compiled here: few texts have an `if` without an `else`.
    found = re.compile(_ELSE).match(node.span.source.text, node.span.end)
    if found is None:
        return
    from netlang.diagnostics.language.syntax import BodyExpected  # only here: an error

    source, (start, colon) = node.span.source, found.span(1)
    fix, steps = None, found.group(2).rstrip()
    if steps and not set(steps) & set("#{};"):
        whole = Span(source, start, found.start(2) + len(steps))
        fix = fixes.replaced(whole, f"else {{ {steps} }}")
    span = Span(source, colon - 1, colon)
    yield BodyExpected(span=span, what="`else`", what_text="else", found="`:`", fix=fix)


def _follows_else(node: ast.If) -> bool:
    return node.span.source.text[: node.span.start].rstrip().endswith("else")
