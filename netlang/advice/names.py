"""Fixes that rename, number or remove named things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlang.advice.edits import (
    calls_of,
    enclosing,
    labels_read,
    names_of,
    replaced,
    unused_name,
    without_arguments,
    without_statement,
)
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.records import replace
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = [
    "dead_step", "new_label", "new_port", "numbered", "renamed", "renamed_inside",
    "without_parameter",
]  # fmt: skip


def renamed(file: ast.File, name: str, span: Span, scope: ast.Node | None = None) -> Fix | None:
    """Renames what is assigned at `span`, there and where it is read later.

    `scope` is where the name is visible; by default, the innermost suite.
    """
    scope = (scope or enclosing(file, span, ast.Suite)) if span.advisable else None
    if scope is None:
        return None
    new = unused_name(name, names_of(file))
    reads = [
        node.span if isinstance(node, ast.Name) else node.name_span
        for node in walk(scope)
        if isinstance(node, ast.Name | ast.Apply)
        and node.name == name
        and node.span.start >= span.end
    ]
    edits = tuple(Edit(each, new) for each in (span, *reads))
    return Fix(f"choose another name for the second value, such as `{new}`", edits)


def renamed_inside(expr: ast.Comprehension, target: ast.Name, taken: Iterable[str]) -> Fix | None:
    """Gives a name of a comprehension that is taken outside another one, wherever it is read."""
    if not target.span.advisable:
        return None
    clause = next(each for each in expr.clauses if target in ast.names_in(each.targets))
    later = [each for each in expr.clauses if each.span.start > clause.span.start]
    nodes = [*walk((expr.element, *clause.conditions, *later)), target]
    read = [each for each in nodes if isinstance(each, ast.Name)]
    new = unused_name(target.name, [*taken, *(each.name for each in read)])
    edits = [Edit(each.span, new) for each in read if each.name == target.name]
    edits.sort(key=lambda edit: edit.span.start)
    return Fix(f"choose another name, such as `{new}`", tuple(edits))


def new_label(span: Span, taken: Iterator[str]) -> Fix | None:
    """The next free number for a label that is taken."""
    if not span.text.isidentifier() or not span.advisable:
        return None
    new = unused_name(span.text, taken)
    return replaced(span, new, f"choose another name, such as `{new}`")


def new_port(file: ast.File, port: ast.Port, taken: Iterator[str]) -> Fix | None:
    """Another name for an input or output: with the number of the loop, if that repeats it."""
    loops = (enclosing(file, port.span, ast.For), enclosing(file, port.span, ast.Repeat))
    if not port.is_computed and any(loops):
        return _label_per_loop(file, port.name_span)
    return new_label(port.name_span, taken)


def numbered(file: ast.File, error: NetlangError) -> NetlangError:
    """The error, with numbered labels if a loop repeats the same label."""
    return NetlangError(*(_numbered(file, each) for each in error.diagnostics))


def _numbered(file: ast.File, diagnostic: Diagnostic) -> Diagnostic:
    span = diagnostic.span
    if span is None or diagnostic.fix or not isinstance(diagnostic, language.DuplicateLabel):
        return diagnostic
    if span not in [note.span for note in diagnostic.notes]:
        return diagnostic
    return replace(diagnostic, notes=(), fix=_label_per_loop(file, span))


def _label_per_loop(file: ast.File, span: Span) -> Fix | None:
    """Adds a number to a label that a loop repeats."""
    if not span.advisable:
        return None
    loop = enclosing(file, span, ast.For)
    again = enclosing(file, span, ast.Repeat)
    behind = Span(span.source, span.end, span.end)
    if loop is None and again is None:
        block = enclosing(file, span, ast.BlockDef)
        if block is not None and block.inline:
            name = block.name
            return Fix(f"give each use of `{name}` a label, which is a scope: `first: {name}`")
    if again is not None and (loop is None or again.span.start > loop.span.start):
        if not span.text.isidentifier():
            return None
        name = unused_name("i", names_of(file)) if "i" in names_of(file) else "i"
        head = Span(span.source, again.span.start, again.count.span.end)
        counted = f"for {name} in range({again.count.span.text})"
        edits = (Edit(head, counted), Edit(behind, f"{{{name}}}"))
        advice = f"count with `{counted}`, and number the labels: `{span.text}{{{name}}}`"
        return Fix(advice, edits)
    if loop is None or not span.text.isidentifier() or not _is_counter(loop):
        return None
    name = next(ast.names_in(loop.targets)).name
    return replaced(behind, f"{{{name}}}", f"number the labels: `{span.text}{{{name}}}`")


def _is_counter(loop: ast.For) -> bool:
    """Whether the first name of a loop is a different whole number each time."""
    iterable = loop.iterable
    if not isinstance(iterable, ast.Call) or not isinstance(iterable.callee, ast.Name):
        return False
    if not isinstance(loop.targets[0], ast.Name):
        return False
    return iterable.callee.name in ("range", "enumerate")


def without_parameter(
    file: ast.File, definition: ast.BlockDef | ast.NetDef | ast.FunctionDef, index: int
) -> Fix | None:
    """Removes a parameter, and the arguments passed for it in the same file."""
    parameters = definition.parameters
    if not parameters[index].span.advisable:
        return None
    name = parameters[index].name
    start, end = parameters[index].span.start, parameters[index].span.end
    if index:
        start = parameters[index - 1].span.end
    elif len(parameters) > 1:
        end = parameters[1].span.start
    source = definition.span.source
    if len(parameters) == 1:
        start, end = definition.name_span.end, source.text.index(")", end) + 1
    edits = [Edit(Span(source, start, end), "")]
    for arguments in calls_of(file, definition.name):
        for place, argument in enumerate(arguments):
            if argument.name == name or (argument.name is None and place == index):
                edits.append(without_arguments(arguments, place, place))
    return Fix("use it in the body, or remove it", tuple(edits))


def dead_step(file: ast.File, span: Span) -> Fix | None:
    """Removes a step whose value isn't used, and the earlier steps that led only there."""
    path = enclosing(file, span, ast.Path) if span.advisable else None
    if path is None or enclosing(file, span, ast.Output) is not None:
        return None
    steps = path.steps
    last = next((i for i, step in enumerate(steps) if step.action.span == span), None)
    if last is None:
        return None
    read = labels_read(file)
    first = last
    while first and not _is_read(steps[first - 1], read):
        first -= 1
    advice = "use the value, make it an `output`, or remove the step"
    if first == 0 and last + 1 == len(steps):
        return Fix(advice, (without_statement(path.span),))
    start = steps[first - 1].span.end if first else steps[0].span.start
    end = steps[last].span.end if first else steps[last + 1].span.start
    return Fix(advice, (Edit(Span(span.source, start, end), ""),))


def _is_read(step: ast.Step, read: frozenset[str]) -> bool:
    """Whether a step's value is kept, or has a label that is read elsewhere."""
    return step.label is not None and not read.isdisjoint(step.label.first_words)
