"""The modules of a class: which steps are modules, how they are registered and accessed.

Registration follows the order of first appearance in the spec, and so does `state_dict()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.backends.torch.diagnostics import NotAModuleName
from netlang.backends.torch.emit.loops import LOOP, folded, keyed, listed
from netlang.backends.torch.emit.registration import SET_BY_TORCH, Owner, buffer_fields
from netlang.backends.torch.emit.settled import settled
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.lowering.base import Held
from netlang.backends.torch.python.tree import (
    Assign,
    Attribute,
    Call,
    Constant,
    DictDisplay,
    Expression,
    Field,
    For,
    Index,
    ListDisplay,
    Name,
    Statement,
    call,
    dotted,
)
from netlang.backends.torch.rewrite.scopes import (
    Branch,
    LabelScope,
    Readers,
    is_chain,
    is_numbered,
    tree,
)
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Function, Ref
from netlang.ops.merge import Identity
from netlang.source import Span

__all__ = ["Modules"]

_SELF = Name("self")
_SHORTEST_LOOP = 4


class Modules:
    """The modules that one class registers."""

    def __init__(self, function: Function, steps: Sequence[Lowered]) -> None:
        self._function, self._steps = function, steps
        self._at: dict[str, list[int]] = {}
        for index, node in enumerate(function.nodes):
            self._at.setdefault(node.path, []).append(index)
        self._root, self._readers = tree(function), Readers(function)
        self._chains = set(self._outermost_chains(self._root))
        # Found once for each scope: every access by a path asks again.
        self._owners: dict[str, Owner] = {}
        self._lists: dict[str, bool] = {}
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
        return Index(_SELF, call("str", Name(LOOP)))

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
        simple = step.plain and not node.auxiliary and not node.tied
        return node.path.isdigit() and self.is_module(index) and simple

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
        if scope.path not in self._lists:
            self._lists[scope.path] = is_numbered(scope) and self._has_only_modules(scope)
        return self._lists[scope.path]

    def _has_only_modules(self, scope: LabelScope) -> bool:
        """Whether each child of a container is one expression: a module or a plain chain."""
        return all(
            (self.is_module(child) and self._steps[child].held == "module")
            if isinstance(child, int)
            else child.path in self._chains
            for child in scope.children.values()
        )

    # --- registration -------------------------------------------------------------------------

    def layers(self) -> tuple[Expression, ...]:
        """The layers of a class that is an `nn.Sequential`."""
        return self._sequence(self._root)

    @property
    def is_mapping(self) -> bool:
        """Whether the class itself is an `nn.ModuleDict`, for labels that are no attributes."""
        return self._owner(self._root, _SELF).is_mapping

    def statements(self) -> tuple[Statement, ...]:
        """The statements of `__init__` that register everything."""
        root = self._owner(self._root, _SELF)
        return (*self._registered(self._root, root), *self._ties())

    def _ties(self) -> Iterator[Statement]:
        """The assignments that make one tensor of two steps' weights."""
        for node in self._function.nodes:
            for tie in () if node.reuses else node.tied:
                mine, other = self.reference(node.path), self.reference(tie.module)
                yield Assign(Attribute(mine, tie.name), Attribute(other, tie.weight))

    def _owner(self, scope: LabelScope, expression: Expression) -> Owner:
        """What registers the children of a scope."""
        if scope.path not in self._owners:
            modules = (
                label
                for label, child in scope.children.items()
                if self._owns(child)
                and not (isinstance(child, int) and self._steps[child].held != "module")
            )
            self._owners[scope.path] = Owner(expression, modules, scope.children)
        return self._owners[scope.path]

    def tensors(self) -> Iterator[Field]:
        """Annotations of the class's buffers, which a type checker might take for modules."""
        labels = self._root.children
        held = {label: self._steps[i].held for label, i in labels.items() if isinstance(i, int)}
        return buffer_fields(held, labels)

    def _registered(self, scope: LabelScope, owner: Owner) -> Iterator[Statement]:
        for label, child in scope.children.items():
            if not self._owns(child):
                continue
            if label in SET_BY_TORCH:
                raise NetlangError(NotAModuleName(span=self._span(child), label=label))
            if isinstance(child, int):
                made = self._item(child)
                run = self._runs.get(child, (child,))
                if len(run) > 1:
                    if child == run[0]:
                        yield self._loop(run, made)
                    continue
                yield owner.register(label, made, self._steps[child].held)
            elif child.path in self._chains:
                yield owner.register(label, self._sequential(child))
            elif self._is_list(child):
                made = listed([self._item(inner) for inner in child.children.values()])
                yield owner.register(label, call("nn.ModuleList", made))
            else:
                yield from self._container(child, label, owner)

    def _container(self, scope: LabelScope, label: str, owner: Owner) -> Iterator[Statement]:
        """Registers a module that only holds others."""
        inner = self._owner(scope, owner.registered(label))
        if inner.is_mapping and self._has_only_modules(scope):
            items = tuple((key, self._item(child)) for key, child in scope.children.items())
            yield owner.register(label, call("nn.ModuleDict", DictDisplay(items)))
            return
        yield owner.register(label, call("nn.ModuleDict" if inner.is_mapping else "nn.Module"))
        yield from self._registered(scope, inner)

    def _span(self, branch: Branch) -> Span:
        """The span of the first step in a part of the tree."""
        while isinstance(branch, LabelScope):
            branch = next(iter(branch.children.values()))
        return self._function.nodes[branch].span

    def _loop(self, run: Sequence[int], made: Expression) -> Statement:
        """Registers numbered modules of one kind."""
        first, last = (int(self._function.nodes[i].path) for i in (run[0], run[-1]))
        add = Assign(self.numbered(), made)
        return For(LOOP, call("range", Constant(first), Constant(last + 1)), (add,))

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
        if is_numbered(scope):
            return tuple(folded(items))
        return (call("OrderedDict", ListDisplay(tuple(keyed(list(scope.children), items)))),)

    # --- access -------------------------------------------------------------------------------

    def reference(self, path: str, held: Held = "module") -> Expression:
        """The expression by which `forward` accesses the module or tensor at a path."""
        found: Expression = _SELF
        scope: Branch = self._root
        parts = path.split(".")
        for depth, part in enumerate(parts):
            assert isinstance(scope, LabelScope)
            if scope.path in self._chains or (scope.path and self._is_list(scope)):
                found = Index(found, Constant(int(part)))
            else:
                kind: Held = held if depth == len(parts) - 1 else "module"
                found = self._owner(scope, found).registered(part, kind)
            scope = scope.children[part]
        return found
