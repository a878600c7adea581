"""Checks names in blocks that no net of the file has built, without knowing any shape.

A library file contains only blocks, and a misspelling in one of them is an error of that file
rather than of the first net that uses it. Errors that elaboration would also find are reported in
the same words.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import cached_property, partial
from itertools import islice

from netlang import advice as fixes
from netlang.advice.calls import refuse_applied, refuse_call
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.binding import bind
from netlang.evaluate.builtins import FUNCTIONS, is_word
from netlang.evaluate.values import Broken, Layer, Namespace, OperatorTarget, Value
from netlang.modules.computed_names import comes_to
from netlang.modules.files import block_owner
from netlang.ops import KEYWORDS, is_keyword, operator, operator_names
from netlang.records import Record
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import LITERALS, outline, walk

__all__ = ["unknown_in_function", "unknown_names", "unknown_words"]

_MOST_COMPUTED = 100
_LONGEST = 200
"""Characters of a name that is compared with computed labels."""


def unknown_names(
    module: Namespace, definition: ast.BlockDef | ast.NetDef, reported: Container[Span | None] = ()
) -> Iterator[Diagnostic]:
    """Names in a block that nothing defines, and arguments that its operators don't have.

    Nothing is said again of names at places that are `reported`.
    """
    nodes = outline(definition).nodes
    local = _locals(definition, nodes)
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
    local = _locals(function, nodes)
    for node in nodes:
        if isinstance(node, ast.Name) and node.name not in local and node.span not in reported:
            yield from _name(module, local, node)


def unknown_words(module: Namespace, definition: ast.BlockDef | ast.NetDef) -> Iterator[str]:
    """Names in expressions that neither the file nor the language defines."""
    nodes = outline(definition).nodes
    local = _locals(definition, nodes)
    known = {*module.names(), *FUNCTIONS, *KEYWORDS, *operator_names()}
    for node in nodes:
        if isinstance(node, ast.Name) and node.name not in known and node.name not in local:
            yield node.name


def _is_operator(module: Namespace, name: str) -> bool:
    return name not in FUNCTIONS and operator(name) is not None and module.find(name) is None


def _constant(module: Namespace, local: _Locals, constant: ast.Constant) -> Iterator[Diagnostic]:
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


class _Locals(Record, dict=True):
    """The names that a block defines itself: `names`, and patterns of its computed labels.

    `values` are those of `names` that can only be labels. A name that begins and ends as very many
    computed labels do may be one of them.
    """

    names: frozenset[str]
    values: frozenset[str]
    computed: frozenset[tuple[str, ...]]

    def __contains__(self, name: str) -> bool:
        if name in self.names:
            return True
        if len(name) > _LONGEST:
            return bool(self.computed)
        alike = list(islice(self._alike(name), _MOST_COMPUTED + 1))
        return len(alike) > _MOST_COMPUTED or any(comes_to(name, texts) for texts in alike)

    def _alike(self, name: str) -> Iterator[tuple[str, ...]]:
        """The computed labels that begin and end as a name does."""
        for first in {name[:length] for length in range(len(name))} & self._ends.keys():
            ends = self._ends[first]
            for last in {name[length:] for length in range(1, len(name) + 1)} & ends.keys():
                yield from ends[last]

    @cached_property
    def _ends(self) -> dict[str, dict[str, list[tuple[str, ...]]]]:
        """The computed labels by their first and last texts."""
        found: dict[str, dict[str, list[tuple[str, ...]]]] = {}
        for texts in sorted(self.computed):
            found.setdefault(texts[0], {}).setdefault(texts[-1], []).append(texts)
        return found

    def is_value(self, parts: tuple[str, ...]) -> bool:
        """Whether a name, given by its parts, can only be a label."""
        if len(parts) > 1 or parts[0] in self.names - self.values:
            return False
        return parts[0] in self.values or parts[0] in self


def _locals(
    definition: ast.BlockDef | ast.NetDef | ast.FunctionDef, nodes: Iterable[ast.Node]
) -> _Locals:
    """The names of a block, collected from all of its nodes."""
    names, values = {parameter.name for parameter in definition.parameters}, set[str]()
    computed = set[tuple[str, ...]]()
    for node in nodes:
        if isinstance(node, (ast.Apply, ast.Name)):
            continue  # most are
        if isinstance(node, ast.Step):
            if node.label is not None:
                for part in node.label.parts:
                    _note_part(part, values, computed)
        elif isinstance(node, (ast.Input, ast.Output, ast.Auxiliary)):
            _note_part(node.port, values, computed)
        elif isinstance(node, (ast.Unread, ast.Constant, ast.For, ast.Comprehension)):
            names.update(_constants(node))
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
            names.update(parameter.name for parameter in node.parameters)
    return _Locals(frozenset(names | values), frozenset(values - names), frozenset(computed))


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
    module: Namespace, local: _Locals, action: ast.Apply, label: Fix | None
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
            bind(found, _without_values(found, action), _any_value, action.span)
        elif found is None:

            def known() -> Iterable[str]:
                return (*(local.names - local.values), *module.names(), *operator_names())

            yield fixes.unknown_layer(module.file, action, known, lambda: local.values, block_owner)
    except NetlangError as error:
        yield from error.diagnostics


def _listed_each(action: ast.Apply) -> tuple[ast.Argument, ...]:
    """The arguments of a step; after `*row`, nobody knows how many there are."""
    arguments = action.arguments or ()
    if any(isinstance(each.value, ast.Spread) for each in arguments):
        return tuple(each for each in arguments if each.name is not None)
    return arguments


def _reads_parts(local: _Locals, action: ast.Apply) -> bool:
    """Whether an argument is like `halves.0` or `c.width`, which only elaboration can resolve."""
    values = (argument.value for argument in action.arguments or ())
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.name in local.values
        for node in walk(tuple(values))
    )


def _name(module: Namespace, local: _Locals, expr: ast.Name) -> Iterator[Diagnostic]:
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


def _constants(
    node: ast.Unread | ast.Constant | ast.For | ast.Comprehension,
) -> Iterator[str]:
    """The names that a statement gives to numbers and layers: by constants and loops."""
    if isinstance(node, ast.Unread):
        yield from (word for word in node.words if not is_word(word))
    elif isinstance(node, ast.Constant):
        yield node.name
    else:
        for each in node.clauses if isinstance(node, ast.Comprehension) else (node,):
            yield from (target.name for target in ast.names_in(each.targets))


def _note_part(part: ast.LabelPart, values: set[str], computed: set[tuple[str, ...]]) -> None:
    """A part of a label: plain text goes to `values`, the texts of a computed part to `computed`.

    Those of ``layer{i}`` are `layer` and an empty one after it.
    """
    texts = [""]
    for piece in part.pieces:
        if isinstance(piece, str):
            texts[-1] += piece
        else:
            texts.append("")
    if len(texts) > 1:
        computed.add(tuple(texts))
    else:
        values.add(texts[0])


def _without_values(layer: Layer, action: ast.Apply) -> tuple[ast.Argument, ...]:
    """The arguments of a step but for those that give a weight as a value."""
    names = layer.target.op.weight_values if isinstance(layer.target, OperatorTarget) else ()
    return tuple(each for each in _listed_each(action) if each.name not in names)
