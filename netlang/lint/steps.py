"""Finds steps in the text of a file, for the fixes of warnings."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, final

from netlang import advice as fixes
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import outline, walk
from netlang.syntax.lalr import load_tables

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["StepsInText", "is_readable"]

_MERGES = frozenset(("add", "sub", "mul", "div", "max", "min"))
_BODIES = (ast.BlockDef, ast.NetDef)


def _optional(node: ast.Node) -> tuple[ast.Apply, ast.Path, ast.If] | None:
    """A merge by elements with one branch and an `if`, without `else`, that adds steps."""
    if not isinstance(node, ast.Apply) or node.body is None or node.name not in _MERGES:
        return None
    made = [each for each in node.body.statements if isinstance(each, (ast.Path, ast.If, ast.For))]
    paths = [each for each in made if isinstance(each, ast.Path)]
    if len(made) != 2 or len(paths) != 1:
        return None
    missing = next(each for each in made if each is not paths[0])
    if not isinstance(missing, ast.If) or missing.otherwise is not None:
        return None
    steps = [each for each in missing.then.statements if isinstance(each, ast.Path)]
    if len(steps) != 1 or _is_skip(steps[0]) or _is_skip(paths[0]):
        return None
    return node, paths[0], missing


def _is_skip(path: ast.Path) -> bool:
    """Whether a branch is `identity` or may be a labelled value."""
    action = path.steps[0].action
    bare = isinstance(action, ast.Apply) and action.is_bare
    return len(path.steps) == 1 and (bare or not isinstance(action, (ast.Apply, ast.Scope)))


def is_readable(label: str) -> bool:
    """Whether a label can be read by its name, which no keyword can."""
    return label not in load_tables().words.keywords


@final
class StepsInText:
    """The paths of a file by the places of their actions, read on first use."""

    def __init__(self, module: Module) -> None:
        self._module = module

    @cached_property
    def _paths(self) -> dict[int, tuple[ast.Path, int]]:
        """For the start of each action, its path and its index in it."""
        return {
            step.action.span.start: (path, number)
            for path in walk(self._module.file)
            if isinstance(path, ast.Path)
            for number, step in enumerate(path.steps)
        }

    @cached_property
    def _taps(self) -> dict[int, ast.Output | ast.Auxiliary]:
        """Outputs with a path, by its start."""
        return {
            tap.path.span.start: tap
            for tap in walk(self._module.file)
            if isinstance(tap, (ast.Output, ast.Auxiliary)) and tap.path is not None
        }

    @cached_property
    def _inputs(self) -> dict[int, list[ast.Input]]:
        """The inputs of nets, by the place of the net's name."""
        return {
            item.name_span.start: [each for each in walk(item) if isinstance(each, ast.Input)]
            for item in self._module.file.items
            if isinstance(item, ast.NetDef)
        }

    def input_of(self, net: int, name: str) -> ast.Input | None:
        """The declaration of an input, whose name may be computed, of the net at a place."""
        declared = self._inputs.get(net, [])
        exact = next((each for each in declared if each.name == name), None)
        return exact or next((each for each in declared if each.may_be(name)), None)

    @cached_property
    def layers(self) -> frozenset[str]:
        """The constants that a call gives and that are applied twice: named layers, perhaps."""
        calls = set[str]()
        applied = dict[str, int]()
        for item in self._module.file.items:
            for node in outline(item).nodes if isinstance(item, _BODIES) else (item,):
                if isinstance(node, ast.Apply):
                    if not node.arguments and node.body is None:
                        applied[node.name] = applied.get(node.name, 0) + 1
                elif isinstance(node, ast.Constant) and isinstance(node.value, ast.Call):
                    calls.add(node.name)
        return frozenset(name for name in calls if applied.get(name, 0) > 1)

    @cached_property
    def optional_branches(self) -> dict[int, list[tuple[ast.Apply, ast.Path, ast.If]]]:
        """Merges of one branch and an `if` without `else` that may add another, by definition.

        Its branch is made by steps: `if fits { identity }` says what is added, and when.
        """
        found: dict[int, list[tuple[ast.Apply, ast.Path, ast.If]]] = {}
        for item in self._module.file.items:
            if isinstance(item, _BODIES):
                merges = [m for each in outline(item).nodes if (m := _optional(each)) is not None]
                if merges:
                    found[item.name_span.start] = merges
        return found

    @cached_property
    def with_inputs(self) -> dict[int, ast.BlockDef]:
        """The blocks that declare inputs, by the places of their names."""
        return {
            item.name_span.start: item
            for item in self._module.file.items
            if isinstance(item, ast.BlockDef)
            and any(isinstance(each, ast.Input) for each in outline(item).nodes)
        }

    @cached_property
    def tapped(self) -> dict[int, ast.BlockDef | ast.NetDef]:
        """The blocks and nets with outputs that have steps, by the places of their names."""
        return {
            item.name_span.start: item
            for item in self._module.file.items
            if isinstance(item, _BODIES)
            and any(isinstance(each, ast.Output) and each.path for each in outline(item).nodes)
        }

    def goes_on(self, action: Span) -> bool:
        """Whether a step without a label follows in the path of the step whose action is given.

        Its label then names a part of the path, which can't be reused.
        """
        found = self._at(action)
        return found is not None and found[0].followers()[found[1]] is not None

    def labelled(self, action: Span, label: str) -> bool:
        """Whether a step has exactly this label in the text, one that `reuse` can name."""
        found = self._at(action)
        if found is None or not is_readable(label):
            return False
        written = found[0].steps[found[1]].label
        if written is None:  # the name of an output labels its only step
            return found[0].span.start in self._taps and len(found[0].steps) == 1
        return written.span.text == label

    def before(self, action: Span, text: str, description: str) -> Fix | None:
        """Inserts `text` as steps before the one whose action begins at `action`, and its label."""
        found = self._at(action)
        if found is None:
            return None
        path, number = found
        start = path.steps[number].span.start
        return Fix(description, (Edit(Span(action.source, start, start), f"{text} -> "),))

    def without(self, action: Span, description: str) -> Fix | None:
        """The path without a step that has no label."""
        found = self._at(action)
        if found is None or found[0].steps[found[1]].label is not None:
            return None
        path, number = found
        steps = path.steps
        if len(steps) == 1:
            tap = self._taps.get(path.span.start)
            if tap is not None:  # `output probabilities: softmax`: the current value is one, too
                behind = Span(action.source, tap.name_span.end, path.span.end)
                return Fix(description, (Edit(behind, ""),))
            return Fix(description, (fixes.without_statement(path.span),))
        start, end = steps[number].span.start, steps[number].span.end
        if number:
            start = steps[number - 1].span.end
        else:
            end = steps[1].span.start
        return Fix(description, (Edit(Span(action.source, start, end), ""),))

    def _at(self, action: Span) -> tuple[ast.Path, int] | None:
        if action.source is not self._module.source:
            return None
        return self._paths.get(action.start)
