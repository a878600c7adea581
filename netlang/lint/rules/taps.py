"""Warns about a step after an output, which goes on from the value before it: W0109."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Edit, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.builtins import is_word
from netlang.ir.program import Function, Item, Node, Repeat
from netlang.lint.site import About
from netlang.lint.steps import is_readable
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["step_after_output"]

Definition: TypeAlias = ast.BlockDef | ast.NetDef
Labels: TypeAlias = frozenset[str]
Nodes: TypeAlias = Mapping[tuple[int, int], Node]

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
    labels, nodes = frozenset(_labels(definition.body)), _nodes(function.items)
    ends = _Ends(function)
    own = _own_names(definition)
    for suite in _suites(definition.body):
        left = [each for each in suite.statements if not isinstance(each, _PASSED)]
        for number, (tap, statement) in enumerate(pairwise(left)):
            after = _first_path(statement) if isinstance(tap, ast.Output) else None
            if not isinstance(tap, ast.Output) or after is None:
                continue
            if _could_go_on(tap, after, labels) and _alike(function, nodes, ends, tap, after):
                name = _value_name(left, number) if after is statement else None
                readable = name is not None and _is_readable(about, own, name)
                fix = (
                    _from_value(name, after.steps[0].span, tap.name) if name and readable else None
                )
                yield diagnostics.StepAfterOutput(
                    span=after.steps[0].span, output=tap.name, fix=fix
                )


def _first_path(statement: ast.Statement) -> ast.Path | None:
    """The path with which a statement begins; a loop, condition or plain scope by its first."""
    if isinstance(statement, ast.If):
        suite = statement.then
    elif isinstance(statement, (ast.For, ast.Repeat)):
        suite = statement.body
    elif isinstance(statement, ast.Path):
        step = statement.steps[0]
        if step.label is not None or not isinstance(step.action, ast.Scope):
            return statement
        suite = step.action.body
    else:
        return None
    left = [each for each in suite.statements if not isinstance(each, _PASSED)]
    return _first_path(left[0]) if left else None


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


def _alike(function: Function, nodes: Nodes, ends: _Ends, tap: ast.Output, after: ast.Path) -> bool:
    """Whether the output has as many axes as the value that it and the path after it read."""
    assert tap.path is not None
    for path in (after, tap.path):
        for action in _first_actions(path):
            node = nodes.get((action.span.start, action.span.end))
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


def _nodes(items: Sequence[Item]) -> Nodes:
    """The nodes of a function by their places, those of a repeat once."""
    found: dict[tuple[int, int], Node] = {}
    waiting = list(items)
    while waiting:
        item = waiting.pop()
        if isinstance(item, Repeat):
            waiting += item.items
        else:
            found[item.span.start, item.span.end] = item
    return found


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
        inside: list[ast.Suite | None] = []
        if isinstance(statement, ast.If):
            inside = [statement.then, statement.otherwise]
        elif isinstance(statement, (ast.For, ast.Repeat)):
            inside = [statement.body]
        elif isinstance(statement, ast.Path):
            inside = [s.action.body for s in statement.steps if isinstance(s.action, ast.Scope)]
        for each in inside:
            if each is not None:
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
