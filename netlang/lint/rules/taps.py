"""Warns about a step after an output, which goes on from the value before it: W0109."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias, final

from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Edit, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.builtins import is_word
from netlang.ir.program import Function, Node
from netlang.ir.repeats import first_times
from netlang.lint.site import About
from netlang.lint.steps import is_readable
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["step_after_output"]

Definition: TypeAlias = ast.BlockDef | ast.NetDef
Labels: TypeAlias = frozenset[str]

_NEAR = 16
"""Names that are compared with a computed one, from the first with its beginning on."""

_PASSED = (ast.Auxiliary, ast.Constant, ast.FunctionDef, ast.Assert)


def step_after_output(about: About, function: Function) -> Iterator[Caution]:
    """Steps without a label after an output that has steps, which could have been meant to read it.

    They couldn't where the output has another number of axes than what they read: the early exit
    of a net, between two convolutions.
    """
    definition = about.steps.tapped.get(function.span.start)
    if definition is None or function.span.source is not about.module.source:
        return
    labels, nodes = frozenset(_labels(definition.body)), _Nodes(function)
    ends = _Ends(function)
    own = _own_names(definition)
    for suite in _suites(definition.body):
        left = [each for each in suite.statements if not isinstance(each, _PASSED)]
        paths = {each.span.start for each in left if isinstance(each, ast.Path)}
        for number, tap in enumerate(left):
            if not isinstance(tap, ast.Output):
                continue
            after = _next_path(left, number + 1, nodes, labels)
            if after is None:
                continue
            if _could_go_on(tap, after, labels) and _alike(function, nodes, ends, tap, after):
                name = _value_name(left, number + 1) if after.span.start in paths else None
                readable = name is not None and _is_readable(about, own, name)
                fix = (
                    _from_value(name, after.steps[0].span, tap.name) if name and readable else None
                )
                yield diagnostics.StepAfterOutput(
                    span=after.steps[0].span, output=tap.name, fix=fix
                )


@final
class _Nodes:
    """The nodes of a function by their places, those of a repeat once."""

    def __init__(self, function: Function) -> None:
        self._found: dict[tuple[int, int], tuple[int, Node]] = {}
        for number, node in enumerate(first_times(function.items)):
            if node.span.source is function.span.source:
                self._found.setdefault((node.span.start, node.span.end), (number, node))
        self._places = sorted(self._found)

    def at(self, span: Span) -> Node | None:
        """The first node that a step made."""
        found = self._found.get((span.start, span.end))
        return None if found is None else found[1]

    def first_in(self, span: Span) -> int | None:
        """The number of the first node that was made in a part of the text."""
        begin = bisect_left(self._places, (span.start, 0))
        end = bisect_left(self._places, (span.end, 0))
        return min((self._found[place][0] for place in self._places[begin:end]), default=None)


def _next_path(
    statements: Sequence[ast.Statement], start: int, nodes: _Nodes, labels: Labels
) -> ast.Path | None:
    """The path from which on the current value goes on, if that is certain.

    A loop, condition or plain scope goes on with the first path in it that was elaborated; one in
    which nothing was is passed over.
    """
    for number in range(start, len(statements)):
        statement = statements[number]
        inside = _suites_of(statement)
        if isinstance(statement, ast.Path) and not inside:
            return statement
        made = [(nodes.first_in(suite.span), suite) for suite in inside]
        ran = [(first, suite) for first, suite in made if first is not None]
        if ran:
            _, suite = min(ran, key=itemgetter(0))
            left = [each for each in suite.statements if not isinstance(each, _PASSED)]
            return _next_path(left, 0, nodes, labels)
        if isinstance(statement, ast.Path) and len(statement.steps) > 1:
            return None
        if not inside or not all(_makes_nodes(suite, labels) for suite in inside):
            return None
    return None


def _makes_nodes(suite: ast.Suite, labels: Labels) -> bool:
    """Whether each path in a suite makes a node when it is elaborated: none begins with a value."""
    statements = [each for inner in _suites(suite) for each in inner.statements]
    paths = [each for each in statements if isinstance(each, ast.Path)]
    values = any(not _reads_current(each, labels) for each in paths if not _plain_scope(each))
    return not values and not any(isinstance(each, ast.Input) for each in statements)


def _plain_scope(path: ast.Path) -> ast.Scope | None:
    """The scope without a label with which a path begins."""
    step = path.steps[0]
    return step.action if step.label is None and isinstance(step.action, ast.Scope) else None


def _suites_of(statement: ast.Statement) -> list[ast.Suite]:
    """Those of a loop, condition or the plain scope with which a path begins."""
    if isinstance(statement, ast.If):
        return [each for each in (statement.then, statement.otherwise) if each is not None]
    if isinstance(statement, (ast.For, ast.Repeat)):
        return [statement.body]
    scope = _plain_scope(statement) if isinstance(statement, ast.Path) else None
    return [] if scope is None else [scope.body]


class _Ends:
    """How many axes the outputs of a function have."""

    def __init__(self, function: Function) -> None:
        self._ranks = {each.name: function.type_of(each.ref).rank for each in function.outputs}
        self._names = sorted(self._ranks)

    def of(self, tap: ast.Output) -> int | None:
        """The axes of an output; of one whose name is computed, those of the first such name."""
        if not tap.is_computed:
            return self._ranks.get(tap.name)
        first = tap.port.pieces[0]
        start = bisect_left(self._names, first) if isinstance(first, str) else 0
        near = (name for name in self._names[start : start + _NEAR] if tap.may_be(name))
        name = next(near, None)
        return None if name is None else self._ranks[name]


def _could_go_on(tap: ast.Output, after: ast.Path, labels: Labels) -> bool:
    """Whether both an output and the path after it begin with steps on the current value."""
    if tap.path is None or not _reads_current(tap.path, labels):
        return False
    return after.steps[0].label is None and _reads_current(after, labels)


def _alike(
    function: Function, nodes: _Nodes, ends: _Ends, tap: ast.Output, after: ast.Path
) -> bool:
    """Whether the output has as many axes as the value that it and the path after it read."""
    assert tap.path is not None
    for path in (after, tap.path):
        for action in _first_actions(path):
            node = nodes.at(action.span)
            if node is not None and len(node.inputs) == 1:
                (read,) = function.input_types(node)
                return ends.of(tap) == read.rank
    return False


def _first_actions(path: ast.Path) -> Iterator[ast.Apply]:
    """The first step of a path, or the first ones of its branches."""
    action = path.steps[0].action
    if not isinstance(action, ast.Apply):
        return
    if action.body is None:
        yield action
        return
    for each in action.body.statements:
        if isinstance(each, ast.Path):
            yield from _first_actions(each)


def _reads_current(path: ast.Path, labels: Labels) -> bool:
    """Whether a path begins with a step that reads the current value."""
    action = path.steps[0].action
    if not isinstance(action, ast.Apply):
        return False
    if action.body is not None:
        paths = [each for each in action.body.statements if isinstance(each, ast.Path)]
        return any(_reads_current(each, labels) for each in paths)
    return action.arguments is not None or not _is_label(action.name, labels)


def _is_label(name: str, labels: Labels) -> bool:
    """Whether a bare name may be a label, whose end may be computed."""
    return name in labels or any(f"{name[:end]}{{" in labels for end in range(1, len(name)))


def _from_value(name: str, step: Span, output: str) -> Fix:
    """The label of the value before, in front of the step."""
    advice = (
        f"write `{name} -> ...` if it is meant; to go on from the output, label its step, "
        f"`output {output}: y: ...`, and begin with `y`"
    )
    return Fix(advice, (Edit(Span(step.source, step.start, step.start), f"{name} -> "),))


def _value_name(statements: Sequence[ast.Statement], count: int) -> str | None:
    """The name of the current value after the first `count` statements."""
    for place in range(count - 1, -1, -1):
        statement = statements[place]
        if isinstance(statement, ast.Input):
            return statement.name
        if isinstance(statement, ast.Path):
            label = statement.steps[-1].label
            return None if label is None else label.span.text
        if not isinstance(statement, ast.Output):
            return None
    return None


def _own_names(definition: Definition) -> frozenset[str]:
    """The parameters of a definition and the constants in it."""
    suites = _suites(definition.body)
    constants = {
        each.name
        for suite in suites
        for each in suite.statements
        if isinstance(each, (ast.Constant, ast.FunctionDef))
    }
    return frozenset(constants | {each.name for each in definition.parameters})


def _is_readable(about: About, own: frozenset[str], name: str) -> bool:
    """Whether a path can begin with a label: it isn't a keyword, operator, block or other name."""
    if name == "body" or is_word(name) or not is_readable(name):
        return False
    try:
        return name not in own and about.module.find(name) is None
    except NetlangError:
        return False


def _suites(suite: ast.Suite) -> Iterator[ast.Suite]:
    """A suite and those of the scopes, loops and conditions in it."""
    yield suite
    for statement in suite.statements:
        inside = _suites_of(statement)
        if isinstance(statement, ast.Path):
            inside = [s.action.body for s in statement.steps if isinstance(s.action, ast.Scope)]
        for each in inside:
            yield from _suites(each)


def _labels(suite: ast.Suite) -> Iterator[str]:
    """The first words of the labels and inputs of a body."""
    for each in _suites(suite):
        for statement in each.statements:
            if isinstance(statement, ast.Input):
                yield statement.name
            elif isinstance(statement, ast.Path):
                for step in statement.steps:
                    if step.label is not None:
                        yield _first(step.label.parts[0])


def _first(part: ast.LabelPart) -> str:
    """The first part of a label: `layer{` for `layer{i + 1}`."""
    first = part.pieces[0]
    if not isinstance(first, str):
        return "{"
    return first if len(part.pieces) == 1 else f"{first}{{"
