"""Checks names in blocks that no net of the file has built, without knowing any shape.

A library file contains only blocks, and a misspelling in one of them is an error of that file
rather than of the first net that uses it. Errors that elaboration would also find are reported in
the same words.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import partial

from netlang import advice as fixes
from netlang.advice.calls import refuse_applied, refuse_call, refuse_nested
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.binding import bind
from netlang.evaluate.builtins import FUNCTIONS
from netlang.evaluate.values import Broken, Layer, Namespace, OperatorTarget, Value
from netlang.modules.files import block_owner
from netlang.modules.local_names import LocalNames, local_names
from netlang.ops import KEYWORDS, is_keyword, operator, operator_names
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import LITERALS, outline, walk

__all__ = ["unknown_in_function", "unknown_names", "unknown_words"]


def unknown_names(
    module: Namespace, definition: ast.BlockDef | ast.NetDef, reported: Container[Span | None] = ()
) -> Iterator[Diagnostic]:
    """Names in a block that nothing defines, and arguments that its operators don't have.

    Nothing is said again of names at places that are `reported`.
    """
    nodes = outline(definition).nodes
    local = local_names(definition, nodes)
    right: set[tuple[str | None, ...]] = set()
    misplaced: set[str] = set()  # labels after their step: reading them isn't a second error
    for node in nodes:
        if isinstance(node, ast.Apply):
            form = _form(node)
            if form in right or node.name == "body" or node.name in local or node.name in misplaced:
                continue
            fix = _label_after(module, node)
            if fix is not None:
                misplaced.add(node.name)
            if node.name_span in reported:
                continue
            found = tuple(_layer(module, local, node, fix))
            yield from found
            if form is not None and not found:
                right.add(form)
        elif isinstance(node, ast.Constant):
            yield from _constant(module, local, node)
        elif (
            isinstance(node, ast.Name)
            and node.name not in local
            and node.name not in misplaced
            and node.span not in reported
        ):
            yield from _name(module, local, node)


def unknown_in_function(
    module: Namespace, function: ast.FunctionDef, reported: Container[Span | None] = ()
) -> Iterator[Diagnostic]:
    """Names in a function of the file that nothing defines."""
    nodes = list(walk(function))
    local = local_names(function, nodes)
    for node in nodes:
        if isinstance(node, ast.Name) and node.name not in local and node.span not in reported:
            yield from _name(module, local, node)


def unknown_words(module: Namespace, definition: ast.BlockDef | ast.NetDef) -> Iterator[str]:
    """Names in expressions that neither the file nor the language defines."""
    nodes = outline(definition).nodes
    local = local_names(definition, nodes)
    known = {*module.names(), *FUNCTIONS, *KEYWORDS, *operator_names()}
    for node in nodes:
        if isinstance(node, ast.Name) and node.name not in known and node.name not in local:
            yield node.name


def _is_operator(module: Namespace, name: str) -> bool:
    return name not in FUNCTIONS and operator(name) is not None and module.find(name) is None


def _constant(module: Namespace, local: LocalNames, constant: ast.Constant) -> Iterator[Diagnostic]:
    """The error for `h = relu(x)` where `x` is a label."""
    try:
        refuse_applied(constant, local.is_value, partial(_is_operator, module))
    except NetlangError as error:
        yield from error.diagnostics


def _form(action: ast.Apply) -> tuple[str | None, ...] | None:
    """A key for a step whose arguments read no names: everything that matters for this check.

    None for other steps. If one step of a form is valid, all of them are.
    """
    arguments = action.arguments or ()
    for argument in arguments:
        if type(argument.value) not in LITERALS:
            return None
    return (action.name, *[argument.name for argument in arguments])


def _label_after(module: Namespace, action: ast.Apply) -> Fix | None:
    """The fix for a name that nothing defines, if it is meant as the label of the step before."""
    if not action.is_bare:
        return None
    try:
        if module.find(action.name) is not None or operator(action.name) is not None:
            return None
    except NetlangError:
        return None
    from netlang.advice.meaning.steps import label_after  # only here: an error

    return label_after(module.file, action)


def _layer(
    module: Namespace, local: LocalNames, action: ast.Apply, label: Fix | None
) -> Iterator[Diagnostic]:
    """Errors in the layer that a step names; `label` is the fix if it is meant as a label."""
    if label is not None:
        yield language.UnknownLayer(span=action.name_span, name=action.name, fix=label)
        return
    try:
        found = module.find(action.name)
        op = operator(action.name) if found is None else None
        if op is not None:
            found = Layer(OperatorTarget(op))
        if op is not None:
            refuse_call(module.file, action, local.is_value)
        if isinstance(found, Broken):
            return
        if isinstance(found, Layer) and not _reads_parts(local, action):
            _bound(found, op is not None, local, action)
        elif found is None:

            def known() -> Iterable[str]:
                return (*(local.names - local.values), *module.names(), *operator_names())

            yield fixes.unknown_layer(module.file, action, known, lambda: local.values, block_owner)
    except NetlangError as error:
        yield from error.diagnostics


def _bound(found: Layer, is_operator: bool, local: LocalNames, action: ast.Apply) -> None:
    """Raises `NetlangError` where the arguments of a step aren't those of its layer."""
    try:
        bind(found, _without_values(found, action), _any_value, action.span)
    except NetlangError:
        if is_operator:
            refuse_nested(action, local.is_value)
        raise


def _listed_each(action: ast.Apply) -> tuple[ast.Argument, ...]:
    """The arguments of a step; after `*row`, nobody knows how many there are."""
    arguments = action.arguments or ()
    if any(isinstance(each.value, ast.Spread) for each in arguments):
        return tuple(each for each in arguments if each.name is not None)
    return arguments


def _reads_parts(local: LocalNames, action: ast.Apply) -> bool:
    """Whether only elaboration can resolve an argument: one like `halves.0` or `c.width`, or a name
    that may be a label or what a statement that can't be read gives it.
    """
    values = [argument.value for argument in action.arguments or ()]
    if any(
        isinstance(each, ast.Name) and each.name in local.unsure for each in walk(tuple(values))
    ):
        return True
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.name in local.values
        for node in walk(tuple(values))
    )


def _name(module: Namespace, local: LocalNames, expr: ast.Name) -> Iterator[Diagnostic]:
    """Errors in a name in an expression."""
    known = expr.name in FUNCTIONS or is_keyword(expr.name) or operator(expr.name) is not None
    try:
        if not known and module.find(expr.name) is None:
            names = (*local.names, *module.names(), *FUNCTIONS, "true", "false")
            fix = (
                fixes.foreign_module(expr)
                or fixes.in_a_recipe(expr.name)
                or fixes.replacement(expr.name, names, expr.span)
            )
            yield language.UnknownName(span=expr.span, name=expr.name, fix=fix)
    except NetlangError as error:
        yield from error.diagnostics


def _any_value(expr: ast.Expr) -> Value:
    """A placeholder: only the names and number of arguments matter here."""
    return Broken()


def _without_values(layer: Layer, action: ast.Apply) -> tuple[ast.Argument, ...]:
    """The arguments of a step but for those that give a weight as a value."""
    names = layer.target.op.weight_values if isinstance(layer.target, OperatorTarget) else ()
    return tuple(each for each in _listed_each(action) if each.name not in names)
