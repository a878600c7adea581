"""Names that a definition reads, to find unused names and blocks that contain themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Fix, Note
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.builtins import FUNCTIONS
from netlang.evaluate.values import BlockTarget, FunctionValue, Layer, Namespace
from netlang.modules.empty_suites import WITH_SUITES, empty_suites
from netlang.modules.files import KEPT
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import outline, walk

__all__ = [
    "as_step",
    "check_definition",
    "check_function",
    "mentioned",
    "mentions_itself",
    "refuse_again",
]

_Defined = ast.Constant | ast.FunctionDef | ast.BlockDef | ast.NetDef | ast.NetAlias | ast.TrainDef


def mentioned(tree: object) -> set[str]:
    """Every name that a tree reads, including `[n]` in an input."""
    return _names(walk(tree))


def _names(nodes: Iterable[ast.Node]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Apply):  # most are
            names.add(node.name)
        elif (read := _READ.get(type(node))) is not None:
            names.update(read(node))
    return names


# The names that a node reads itself, by its class.
_READ: Mapping[type, Callable[[Any], Iterable[str]]] = {
    ast.Name: lambda node: (node.name,),
    ast.Reference: lambda node: node.label.first_words,
    ast.Reuse: lambda node: node.label.first_words,
    ast.Unread: lambda node: node.words,
    ast.SizeDecl: lambda node: () if node.default or node.name is None else (node.name,),
}


def refuse_again(item: _Defined, known: Mapping[str, _Defined], taken: Iterator[str]) -> None:
    """Raises if a name is defined that is `known`; `taken` are all names of the file."""
    if item.name in known:
        notes = (Note(known[item.name].name_span, "the first definition"),)
        fix = fixes.new_label(item.name_span, taken)
        raise NetlangError(
            language.DefinedTwice(span=item.name_span, name=item.name, notes=notes, fix=fix)
        )


def check_definition(file: ast.File, definition: ast.BlockDef | ast.NetDef) -> None:
    """Check that parameters and constants are used, names unique, and scopes not empty.

    Raises `NetlangError`. A successful check is cached with the tree: see `files.parsed`.
    """
    kept = len(definition.span.source.text) <= KEPT
    (_kept_check if kept else _check)(file, definition)


def check_function(file: ast.File, function: ast.FunctionDef) -> None:
    """Check that parameters are used and have names of their own, and that it doesn't recur.

    Raises `NetlangError`. Functions that call each other in a circle are refused when called.
    """
    _check_parameters(file, function, mentioned(function.value))
    for node in walk(function.value):
        if isinstance(node, ast.Call) and _calls(node, function):
            why = "it calls itself here"
            raise NetlangError(
                language.RecursiveFunction(span=node.callee.span, name=function.name, why=why)
            )


def _calls(call: ast.Call, function: ast.FunctionDef) -> bool:
    return isinstance(call.callee, ast.Name) and call.callee.name == function.name


def _check(file: ast.File, definition: ast.BlockDef | ast.NetDef) -> None:
    nodes = outline(definition).body
    used = _names(nodes)
    _check_parameters(file, definition, used)
    _check_body(file, definition, nodes, used)


_kept_check = lru_cache(maxsize=512)(_check)


def _check_parameters(
    file: ast.File,
    definition: ast.BlockDef | ast.NetDef | ast.FunctionDef,
    used: AbstractSet[str],
) -> None:
    """Check that every parameter is used, by the body or a later default, and names are unique."""
    if not definition.parameters:
        return
    used = set(used)
    seen: dict[str, Span] = {}
    unused = []
    for index, parameter in reversed(tuple(enumerate(definition.parameters))):
        if parameter.name not in used:
            unused.append(
                language.UnusedParameter(
                    span=parameter.name_span,
                    name=parameter.name,
                    block=definition.name,
                    fix=fixes.without_parameter(file, definition, index),
                )
            )
        used.update(mentioned(parameter.default))
    for index, parameter in enumerate(definition.parameters):
        if parameter.name in seen:
            notes = (Note(seen[parameter.name], "the first definition"),)
            fix = fixes.without_parameter(file, definition, index)
            raise NetlangError(
                language.DefinedTwice(
                    span=parameter.name_span, name=parameter.name, notes=notes, fix=fix
                )
            )
        seen[parameter.name] = parameter.name_span
    if unused:
        raise NetlangError(*reversed(unused))


def _check_body(
    file: ast.File,
    definition: ast.BlockDef | ast.NetDef,
    nodes: Iterable[ast.Node],
    used: AbstractSet[str],
) -> None:
    """Check that every constant of a body is used, and no scope or body is empty.

    `conv1 = conv(6, 5x5)` alone isn't a step of the net.
    """
    found = list(empty_suites(definition))
    labels: frozenset[str] | None = None
    for node in nodes:
        if isinstance(node, ast.Step) or (isinstance(node, ast.Apply) and node.body is None):
            continue  # most are
        if isinstance(node, ast.Constant) and node.name not in used:
            labels = _labels(nodes) if labels is None else labels
            if _is_applied(node, labels):
                continue  # its elaboration says what was meant
            name, fix = node.name, as_step(node)
            span = node.name_span
            found.append(
                language.UnusedConstant(span=span, name=name, block=definition.name, fix=fix)
            )
        elif isinstance(node, ast.FunctionDef):
            check_function(file, node)
            if node.name not in used:
                fix = Fix("use it, or remove it", (fixes.without_statement(node.span),))
                span, name = node.name_span, node.name
                found.append(
                    language.UnusedFunction(span=span, name=name, block=definition.name, fix=fix)
                )
        elif isinstance(node, WITH_SUITES):
            found += empty_suites(node)
    if found:
        raise NetlangError(*found)


def _labels(nodes: Iterable[ast.Node]) -> frozenset[str]:
    """The first words of the labels, inputs and outputs of a body."""
    parts = (node for node in nodes if isinstance(node, ast.LabelPart))
    return frozenset(piece for part in parts for piece in part.pieces[:1] if isinstance(piece, str))


def _is_applied(constant: ast.Constant, labels: frozenset[str]) -> bool:
    """Whether it is a layer called on a value, as in `h = relu(x)`."""
    value = constant.value
    if not isinstance(value, ast.Call) or not value.arguments:
        return False
    first, callee = value.arguments[0].value, value.callee.span.text
    if callee in FUNCTIONS or operator(callee) is None:
        return False
    return isinstance(first, ast.Name) and first.name in labels


def as_step(constant: ast.Constant) -> Fix:
    """Turns an unused constant into a labelled step, if its value can be one."""
    value = constant.value
    callee = value.callee if isinstance(value, ast.Call) else value
    applied = isinstance(callee, ast.Name) and (
        callee.name not in FUNCTIONS if callee is not value else operator(callee.name) is not None
    )
    if not applied:
        return Fix("use it, or remove it", (fixes.without_statement(constant.span),))
    between = Span(value.span.source, constant.name_span.end, value.span.start)
    advice = f"`{constant.name}: {value.span.text}` is a step of that name; `=` only names a layer"
    return fixes.replaced(between, ": ", advice)


def mentions_itself(module: Namespace, definition: ast.BlockDef | ast.NetDef) -> bool:
    """Whether the names in a definition's body lead back to the definition."""
    return _reaches(module, definition, definition, set())


def _reaches(module: Namespace, start: ast.Node, goal: ast.Node, seen: set[int]) -> bool:
    own = set(module.names())
    for name in mentioned(start) & own:
        value = module.find(name)
        if isinstance(value, FunctionValue):
            if id(value.definition) not in seen:
                seen.add(id(value.definition))
                if _reaches(module, value.definition, goal, seen):
                    return True
            continue
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
