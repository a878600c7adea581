"""Names that a definition reads: for names without use and blocks that contain themselves."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.advice.edits import replaced, without_statement
from netlang.advice.names import without_parameter
from netlang.diagnostics.diagnostic import Diagnostic, Fix, Label
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.names import DefinedTwice, UnusedConstant, UnusedParameter
from netlang.evaluate.builtins import FUNCTIONS
from netlang.evaluate.values import BlockTarget, Layer, Namespace
from netlang.modules.empty_suites import WITH_SUITES, empty_suites
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["as_step", "check_body", "check_parameters", "mentioned", "mentions_itself"]


def mentioned(tree: object) -> Iterator[str]:
    """Every name that a tree reads; `[n]` in an input may be one."""
    for node in walk(tree):
        if isinstance(node, ast.Name | ast.Apply):
            yield node.name
        elif isinstance(node, ast.Reference | ast.Reuse):
            yield from (piece for piece in node.label.parts[0].pieces if isinstance(piece, str))
        elif isinstance(node, ast.Unread):
            yield from node.words
        elif isinstance(node, ast.SizeDecl) and node.default is None:
            yield from (node.name,) if node.name is not None else ()


def check_parameters(file: ast.File, definition: ast.BlockDef | ast.NetDef) -> None:
    """Every parameter is used, by the body or a later default; names are unique."""
    if not definition.parameters:
        return
    used = set(mentioned(definition.body))
    seen: dict[str, Span] = {}
    unused = []
    for index, parameter in reversed(tuple(enumerate(definition.parameters))):
        if parameter.name not in used:
            unused.append(
                UnusedParameter(
                    span=parameter.name_span,
                    name=parameter.name,
                    block=definition.name,
                    fix=without_parameter(file, definition, index),
                )
            )
        used.update(mentioned(parameter.default))
    for index, parameter in enumerate(definition.parameters):
        if parameter.name in seen:
            notes = (Label(seen[parameter.name], "the first definition"),)
            fix = without_parameter(file, definition, index)
            raise NetlangError(
                DefinedTwice(span=parameter.name_span, name=parameter.name, notes=notes, fix=fix)
            )
        seen[parameter.name] = parameter.name_span
    if unused:
        raise NetlangError(*reversed(unused))


def check_body(definition: ast.BlockDef | ast.NetDef) -> None:
    """Every constant of a body is used, and no scope or body is empty.

    `conv1 = conv(6, 5x5)` alone is no step of the net.
    """
    used = set(mentioned(definition.body))
    found: list[Diagnostic] = []
    for node in walk(definition):
        if isinstance(node, ast.Constant) and node.name not in used:
            name, fix = node.name, as_step(node)
            span = node.name_span
            found.append(UnusedConstant(span=span, name=name, block=definition.name, fix=fix))
        elif isinstance(node, WITH_SUITES):
            found += empty_suites(node)
    if found:
        raise NetlangError(*found)


def as_step(constant: ast.Constant) -> Fix:
    """A constant without use is meant as a labelled step, where its value can be one."""
    value = constant.value
    callee = value.callee if isinstance(value, ast.Call) else value
    applied = isinstance(callee, ast.Name) and (
        callee.name not in FUNCTIONS if callee is not value else operator(callee.name) is not None
    )
    if not applied:
        return Fix("use it, or remove it", (without_statement(constant.span),))
    between = Span(value.span.source, constant.name_span.end, value.span.start)
    advice = f"`{constant.name}: {value.span.text}` is a step of that name; `=` only names a layer"
    return replaced(between, ": ", advice)


def mentions_itself(module: Namespace, definition: ast.BlockDef | ast.NetDef) -> bool:
    """Whether the names in a definition's body lead back to it."""
    return _reaches(module, definition, definition, set())


def _reaches(module: Namespace, start: ast.Node, goal: ast.Node, seen: set[int]) -> bool:
    own = set(module.names())
    for name in set(mentioned(start)) & own:
        value = module.find(name)
        if not isinstance(value, Layer) or not isinstance(value.target, BlockTarget):
            continue
        definition, home = value.target.definition, value.target.module
        if definition is goal:
            return True
        if id(definition) not in seen:
            seen.add(id(definition))
            if _reaches(home, definition, goal, seen):
                return True
    return False
