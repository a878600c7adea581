"""The modules of a class: which steps are modules, how they are registered and accessed.

Registration follows the order of first appearance in the spec, and so does `state_dict()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.backends.torch.diagnostics import NotAModuleName
from netlang.backends.torch.emit.registration import SET_BY_TORCH, register, registered
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python.traverse import map_expression
from netlang.backends.torch.python.tree import (
    Attribute,
    Call,
    Constant,
    Do,
    Expression,
    For,
    Generator,
    Index,
    ListDisplay,
    Name,
    Overwrite,
    Star,
    Statement,
    TupleDisplay,
    call,
    dotted,
)
from netlang.backends.torch.rewrite.scopes import Branch, LabelScope, Readers, is_chain, tree
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Function, Ref
from netlang.ops.merge import Identity
from netlang.source import Span

__all__ = ["LOOP", "Modules", "settled"]

_SELF = Name("self")
_LONGEST_PERIOD = 8
_SHORTEST_LOOP = 4
# The variable of loops over numbered modules.
LOOP = "index"


def settled(part: Expression, overwrite: bool) -> Expression:
    """A tree with the decision filled in whether the step may overwrite its input."""

    def change(inner: Expression) -> Expression:
        if isinstance(inner, Overwrite):
            return Constant(overwrite)
        if isinstance(inner, Call):
            kept = tuple(k for k in inner.keywords if k.default is None or k.value != k.default)
            return Call(inner.function, inner.arguments, kept)
        return inner

    return map_expression(part, change)


class Modules:
    """The modules that one class registers."""

    def __init__(self, function: Function, steps: Sequence[Lowered]) -> None:
        self._function, self._steps = function, steps
        self._at: dict[str, list[int]] = {}
        for index, node in enumerate(function.nodes):
            self._at.setdefault(node.path, []).append(index)
        self._root, self._readers = tree(function), Readers(function)
        self._chains = set(self._outermost_chains(self._root))
        self._runs = {} if self.whole else {i: run for run in self._all_runs() for i in run}

    # --- what is a module ---------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """Whether the class itself is an `nn.Sequential`."""
        return "" in self._chains

    def chain_of(self, index: int) -> str | None:
        """The path of the outermost plain chain that contains a node."""
        path = self._function.nodes[index].path
        ends = [end for end, char in enumerate(path) if char == "."]
        return next((path[:end] for end in ends if path[:end] in self._chains), None)

    def is_module(self, index: int) -> bool:
        """Whether a node outside of chains owns a module or a learned tensor."""
        node, step = self._function.nodes[index], self._steps[index]
        if node.reuses or step.constructor is None or isinstance(node.callee, Identity):
            return False
        if isinstance(node.callee, Function) or step.function is None:
            return True
        labelled = not node.path.rpartition(".")[2].isdigit()
        return labelled or bool(node.callee.weights(self._function.input_types(node)))

    def is_registered(self, path: str) -> bool:
        """Whether the step at `path` is a module, which `reuse` can apply again."""
        return any(
            self.chain_of(index) is not None or self.is_module(index)
            for index in self._at.get(path, ())
        )

    def run_of(self, index: int) -> tuple[int, ...] | None:
        """The loop that a node is part of: consecutive numbered modules of one kind."""
        return self._runs.get(index)

    def numbered(self) -> Expression:
        """The current module of a loop."""
        return Call(Attribute(_SELF, "get_submodule"), (call("str", Name(LOOP)),))

    def _all_runs(self) -> Iterator[tuple[int, ...]]:
        run: list[int] = []
        for index in range(len(self._function.nodes)):
            if run and self._follows(run[-1], index):
                run.append(index)
                continue
            if len(run) >= _SHORTEST_LOOP:
                yield tuple(run)
            run = [index] if self._can_loop(index) else []
        if len(run) >= _SHORTEST_LOOP:
            yield tuple(run)

    def _can_loop(self, index: int) -> bool:
        """Whether a node is a numbered module that is simply applied."""
        node, step = self._function.nodes[index], self._steps[index]
        return node.path.isdigit() and self.is_module(index) and step.plain and not node.auxiliary

    def _follows(self, before: int, index: int) -> bool:
        """Whether a node continues a loop."""
        one, two = self._function.nodes[before], self._function.nodes[index]
        return (
            self._can_loop(index)
            and int(two.path) == int(one.path) + 1
            and two.inputs == (Ref(before),)
            and self._readers.of(Ref(before)) == [index]
            and self._steps[before].constructor == self._steps[index].constructor
        )

    def _outermost_chains(self, scope: LabelScope) -> Iterator[str]:
        if is_chain(self._readers, scope):
            yield scope.path
            return
        for child in scope.children.values():
            if isinstance(child, LabelScope):
                yield from self._outermost_chains(child)

    def _owns(self, branch: Branch) -> bool:
        """Whether a part of the tree contains modules."""
        if isinstance(branch, int):
            return self.is_module(branch)
        if branch.path in self._chains:
            return True
        return any(self._owns(child) for child in branch.children.values())

    def _is_list(self, scope: LabelScope) -> bool:
        """Whether a container is numbered from 0 and contains only modules."""
        numbers = [str(number) for number in range(len(scope.children))]
        return list(scope.children) == numbers and all(
            (self.is_module(child) and not self._steps[child].parameter)
            if isinstance(child, int)
            else child.path in self._chains
            for child in scope.children.values()
        )

    # --- registration -------------------------------------------------------------------------

    def layers(self) -> tuple[Expression, ...]:
        """The layers of a class that is an `nn.Sequential`."""
        return self._sequence(self._root)

    def statements(self) -> tuple[Statement, ...]:
        """The statements of `__init__` that register everything."""
        return tuple(self._registered(self._root, _SELF))

    def _registered(self, scope: LabelScope, owner: Expression) -> Iterator[Statement]:
        for label, child in scope.children.items():
            if not self._owns(child):
                continue
            if label in SET_BY_TORCH:
                raise NetlangError(NotAModuleName(span=self._span(child), label=label))
            if isinstance(child, int):
                step = self._steps[child]
                assert step.constructor is not None
                made = settled(step.constructor, overwrite=False)
                run = self._runs.get(child, (child,))
                if len(run) > 1:
                    if child == run[0]:
                        yield self._loop(run, made)
                    continue
                yield register(owner, label, made, "_parameters" if step.parameter else "_modules")
            elif child.path in self._chains:
                yield register(owner, label, self._sequential(child), "_modules")
            elif self._is_list(child):
                made = _list([self._item(inner) for inner in child.children.values()])
                yield register(owner, label, call("nn.ModuleList", made), "_modules")
            else:
                yield register(owner, label, call("nn.Module"), "_modules")
                yield from self._registered(child, registered(owner, label, "_modules"))

    def _span(self, branch: Branch) -> Span:
        """The span of the first step in a part of the tree."""
        while isinstance(branch, LabelScope):
            branch = next(iter(branch.children.values()))
        return self._function.nodes[branch].span

    def _loop(self, run: Sequence[int], made: Expression) -> Statement:
        """Registers numbered modules of one kind."""
        first, last = (int(self._function.nodes[i].path) for i in (run[0], run[-1]))
        add = Call(Attribute(_SELF, "add_module"), (call("str", Name(LOOP)), made))
        return For(LOOP, call("range", Constant(first), Constant(last + 1)), (Do(add),))

    def _item(self, child: Branch) -> Expression:
        """A member of a list or chain."""
        if isinstance(child, LabelScope):
            return self._sequential(child)
        constructor = self._steps[child].constructor
        assert constructor is not None
        return settled(constructor, overwrite=False)

    def _sequential(self, scope: LabelScope) -> Call:
        return Call(dotted("nn.Sequential"), self._sequence(scope))

    def _sequence(self, scope: LabelScope) -> tuple[Expression, ...]:
        """The layers of a plain chain; a layer may overwrite the result of the one before it."""
        items: list[Expression] = []
        overwritable = False
        for child in scope.children.values():
            if isinstance(child, LabelScope):
                items.append(self._sequential(child))
                overwritable = False
                continue
            constructor = self._steps[child].constructor
            assert constructor is not None
            items.append(settled(constructor, overwritable))
            overwritable = self._steps[child].overwritable
        return tuple(_folded(items))

    # --- access -------------------------------------------------------------------------------

    def reference(self, path: str, parameter: bool = False) -> Expression:
        """The expression by which `forward` accesses the module or learned tensor at a path."""
        owner: Expression = _SELF
        scope: Branch = self._root
        parts = path.split(".")
        for depth, part in enumerate(parts):
            assert isinstance(scope, LabelScope)
            indexed = scope.path in self._chains or (scope.path and self._is_list(scope))
            kind = "_parameters" if parameter and depth == len(parts) - 1 else "_modules"
            owner = Index(owner, Constant(int(part))) if indexed else registered(owner, part, kind)
            scope = scope.children[part]
        return owner


def _folded(items: Sequence[Expression]) -> tuple[Expression, ...]:
    """Items with repetitions written as a comprehension."""
    found: list[Expression] = []
    position = 0
    while position < len(items):
        period, times = _repetition(items, position)
        if times > 1:
            found.append(Star(_comprehension(tuple(items[position : position + period]), times)))
        else:
            found.append(items[position])
        position += period * times
    return tuple(found)


def _list(items: Sequence[Expression]) -> Expression:
    """Items as a list, or as a comprehension if they are all the same."""
    folded = _folded(items)
    if len(folded) == 1 and isinstance(folded[0], Star):
        return folded[0].value
    return ListDisplay(folded)


def _repetition(items: Sequence[Expression], start: int) -> tuple[int, int]:
    """The period and count of the longest repetition that begins at `start`."""
    best = (1, 1)
    for period in range(1, _LONGEST_PERIOD + 1):
        unit = items[start : start + period]
        times = 1
        while items[start + times * period : start + (times + 1) * period] == unit:
            times += 1
        enough = times >= (2 if period == 1 else 3)
        if enough and len(unit) == period and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _comprehension(unit: tuple[Expression, ...], times: int) -> Generator:
    again = ("_", call("range", Constant(times)))
    if len(unit) == 1:
        return Generator(unit[0], (again,))
    return Generator(Name("layer"), (again, ("layer", TupleDisplay(unit))))
