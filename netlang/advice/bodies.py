"""Fixes for the structure of a body: inputs, taps, bodies of blocks."""

from __future__ import annotations

from collections.abc import Callable

from netlang.advice.edits import enclosing, inserted, replaced, without_statement
from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["first_input", "glued_body", "input_earlier", "steps_after", "with_body"]

_IMAGE = "input image: [3, H=224, W=224]"


def first_input(suite: ast.Suite) -> Fix:
    """Adds an input at the beginning of a body that has none."""
    source, start = suite.span.source, suite.span.start
    text = f" {_IMAGE};" if suite.statements else f" {_IMAGE} "
    if suite.statements and "\n" in source.text[start : suite.statements[0].span.start]:
        column = source.location(suite.statements[0].span.start).column
        text = f"\n{' ' * (column - 1)}{_IMAGE}"
    brace = Span(source, start, start + 1)
    return inserted(brace, text, f"begin its body with `{_IMAGE}`")


def input_earlier(file: ast.File, declaration: ast.Input) -> Fix | None:
    """Moves an `input` line before the first step."""
    suite = enclosing(file, declaration.span, ast.Suite)
    statements = [] if suite is None else suite.statements
    first = next((each for each in statements if not isinstance(each, ast.Input)), None)
    if first is None:  # a scope of its own, which can't declare inputs
        return None
    start = first.span.start
    if start > declaration.span.start:  # the step stood in an earlier turn of a loop
        return Fix("declare all inputs first, in a loop of their own", ())
    source = first.span.source
    column = source.location(start).column
    before = source.text[start - column + 1 : start]
    separator = "; " if before.strip() else f"\n{before}"
    moved = Edit(Span(source, start, start), declaration.span.text + separator)
    edits = (moved, without_statement(declaration.span))
    return Fix("move the `input` to the beginning of the body", edits)


def with_body(call: Span) -> Fix:
    """Adds a body that changes nothing to the call of a block that applies one."""
    return inserted(
        call, " { identity }", "write the steps in braces after it, to begin with `{ identity }`"
    )


def steps_after(action: ast.Apply) -> Fix | None:
    """Turns a body that isn't allowed, with a single path, into further steps."""
    suite = action.body
    if suite is None or len(suite.statements) != 1:
        return None
    path = suite.statements[0]
    if not isinstance(path, ast.Path) or not isinstance(path.steps[0].action, ast.Apply):
        return None
    head = Span(suite.span.source, action.span.start, suite.span.start).text.rstrip()
    text = f"{head} -> {path.span.text}"
    return replaced(action.span, text, f"put the steps after it: `{head} -> ...`")


def glued_body(action: ast.Node, is_layer: Callable[[str], bool]) -> Diagnostic | None:
    """For `add{identity}`, which reads as a computed name but begins with the name of a layer."""
    if not isinstance(action, ast.Reference) or len(action.label.parts) != 1:
        return None
    pieces = action.label.parts[0].pieces
    if action.label.parts[0].quoted or len(pieces) != 2 or not isinstance(pieces[0], str):
        return None
    name = pieces[0]
    if not is_layer(name) and operator(name) is None:
        return None
    from netlang.diagnostics.language.syntax import MissingSpaceBeforeBrace

    source, place = action.span.source, action.span.start + len(name)
    brace = Span(source, place, place + 1)
    fix = replaced(Span(source, place, place), " ", "put a space before the brace", safe=True)
    return MissingSpaceBeforeBrace(span=brace, fix=fix)
