"""One walk over the functions of a net, shared by all rules on steps.

A function is visited once for each layout of its inputs; for a repeat, one time stands for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import final

from netlang.diagnostics.diagnostic import ChainLink
from netlang.ir.program import INPUT, Function, Item, Node, Program, Ref, Repeat
from netlang.ir.repeats import Repeats
from netlang.lint.calls import Calls, Found
from netlang.lint.layouts import AxisLayout, declared, made_by
from netlang.lint.registry import FUNCTION_RULES, SiteRule
from netlang.lint.site import About, Site

__all__ = ["LintWalk"]

_MOST_LAYOUTS = 8
"""The most layouts of one function's inputs that are distinguished."""

_LONGEST = 60
"""The most characters of a call in a chain."""


@final
class LintWalk:
    """Applies the rules to every step of a net; `definitions` are those that it visited."""

    def __init__(self, about: About, rules: Mapping[str, tuple[SiteRule, ...]]) -> None:
        self._about = about
        self._rules = rules
        self._made: dict[int, dict[tuple[AxisLayout, ...], tuple[AxisLayout, ...]]] = {}
        self._calls: dict[tuple[int, tuple[AxisLayout, ...]], Calls] = {}
        self.found: list[Found] = []
        self.definitions: set[tuple[str, int]] = set()

    def net(self, program: Program) -> None:
        """Visit a whole net."""
        defaults = program.defaults
        layouts = tuple(declared(port, defaults) for port in program.net.inputs)
        self._function(program.net, layouts, Calls())

    def _called(
        self, function: Function, layouts: tuple[AxisLayout, ...], frame: ChainLink, caller: Calls
    ) -> tuple[AxisLayout, ...]:
        """The layouts of the outputs of a called function; records the call."""
        calls = self._calls.setdefault((id(function), layouts), Calls())
        calls.add(frame, caller)
        return self._function(function, layouts, calls)

    def _function(
        self, function: Function, layouts: tuple[AxisLayout, ...], calls: Calls
    ) -> tuple[AxisLayout, ...]:
        """The layouts of a function's outputs."""
        made = self._made.setdefault(id(function), {})
        if layouts not in made:
            if len(made) >= _MOST_LAYOUTS:
                return (AxisLayout.UNKNOWN,) * len(function.outputs)
            self.definitions.add((function.span.source.name, function.span.start))
            made[layouts] = _Function(self, function, layouts, calls).outputs()
            for rule in FUNCTION_RULES:
                self.found.extend(Found(caution, calls) for caution in rule(self._about, function))
        return made[layouts]

    def node(
        self,
        function: Function,
        node: Node,
        layouts: tuple[AxisLayout, ...],
        calls: Calls,
    ) -> tuple[AxisLayout, ...]:
        """The layouts of a step's outputs; applies the rules to it."""
        callee = node.callee
        if isinstance(callee, Function):
            return self._called(callee, layouts, self._link(function, node), calls)
        for rule in self._rules.get(callee.name, ()):
            site = Site(self._about, function, node, callee, layouts, calls.chain)
            self.found.extend(Found(caution, calls) for caution in rule(site))
        return (made_by(callee, layouts),) * len(node.types)

    def _link(self, function: Function, node: Node) -> ChainLink:
        """A call as a link of a message's chain."""
        what = " ".join(node.span.text.split())
        what = what if len(what) < _LONGEST else what[: _LONGEST - 3] + "..."
        kind = "net" if function is self._about.net else "block"
        return ChainLink(node.span, what, node.path, f"{kind} `{function.name}`")


@final
class _Function:
    """One function with one layout of its inputs."""

    def __init__(
        self, walk: LintWalk, function: Function, inputs: tuple[AxisLayout, ...], calls: Calls
    ) -> None:
        self._walk = walk
        self._function = function
        self._calls = calls
        self._made: dict[Ref, AxisLayout] = {
            Ref(INPUT, number): layout for number, layout in enumerate(inputs)
        }
        self._repeats = Repeats(function.items)

    def outputs(self) -> tuple[AxisLayout, ...]:
        for number, node in self._numbered(self._function.items, 0):
            layouts = tuple(self._layout(ref) for ref in node.inputs)
            given = self._walk.node(self._function, node, layouts, self._calls)
            for output, layout in enumerate(given):
                self._made[Ref(number, output)] = layout
        return tuple(self._layout(output.ref) for output in self._function.outputs)

    def _layout(self, ref: Ref) -> AxisLayout:
        if ref.producer != INPUT:
            ref = Ref(self._repeats.folded(ref.producer), ref.output)
        return self._made.get(ref, AxisLayout.UNKNOWN)

    def _numbered(self, items: tuple[Item, ...], number: int) -> Iterator[tuple[int, Node]]:
        """Every node with its number; of a repeat, those of the first time."""
        for item in items:
            if isinstance(item, Repeat):
                yield from self._numbered(item.items, number)
                number += item.size * item.count
            else:
                yield number, item
                number += 1
