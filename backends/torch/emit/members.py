"""Which steps of a class are modules, and which scopes hold them in which way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python.identifiers import (
    MAPPING_ATTRIBUTES,
    collides,
    is_attribute,
    is_item,
)
from netlang.backends.torch.rewrite.scopes import (
    Branch,
    LabelScope,
    Readers,
    is_chain,
    is_numbered,
    tree,
)
from netlang.ir.program import Function, Ref
from netlang.ops.identity import Identity

__all__ = ["Kind", "Members"]

Kind: TypeAlias = Literal["class", "chain", "list", "dict", "nested", "holder", "mapping"]
"""How a scope holds its members.

The class itself; an `nn.Sequential`, `nn.ModuleList` or `nn.ModuleDict` of modules; an
`nn.ModuleDict` in which there are such containers too; a class with an attribute for each; an
`nn.ModuleDict` to which some have to be added in other ways.
"""

_SHORTEST_LOOP = 4


class Members:
    """The steps of a function, as members of one class."""

    def __init__(self, function: Function, steps: Sequence[Lowered]) -> None:
        self._function, self._steps = function, steps
        self._at: dict[str, list[int]] = {}
        for index, node in enumerate(function.nodes):
            self._at.setdefault(node.path, []).append(index)
        self.root, self.readers = tree(function), Readers(function)
        self._tied = {
            path for node in function.nodes for tie in node.tied for path in (node.path, tie.module)
        }
        self._kinds: dict[str, Kind] = {}
        self.chains = frozenset(self._outermost_chains(self.root))
        self.runs = {} if self.whole else {i: run for run in self._all_runs() for i in run}

    @property
    def whole(self) -> bool:
        """Whether the class itself is an `nn.Sequential`."""
        return "" in self.chains

    def chain_of(self, index: int) -> str | None:
        """The path of the outermost plain chain that contains a node."""
        path = self._function.nodes[index].path
        ends = [end for end, char in enumerate(path) if char == "."]
        return next((path[:end] for end in ends if path[:end] in self.chains), None)

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
        return self.runs.get(index)

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
            and self.readers.of(Ref(before)) == [index]
            and self._steps[before].constructor == self._steps[index].constructor
        )

    def _outermost_chains(self, scope: LabelScope) -> Iterator[str]:
        if is_chain(self.readers, scope):
            yield scope.path
            return
        for child in scope.children.values():
            if isinstance(child, LabelScope):
                yield from self._outermost_chains(child)

    def owned(self, scope: LabelScope) -> Iterator[tuple[str, Branch]]:
        """The labels in a scope under which there are modules or tensors."""
        return ((label, child) for label, child in scope.children.items() if self.owns(child))

    def kind(self, scope: LabelScope) -> Kind:
        """How a scope holds its members."""
        if scope.path not in self._kinds:
            self._kinds[scope.path] = self._kind(scope)
        return self._kinds[scope.path]

    def _kind(self, scope: LabelScope) -> Kind:
        if scope.path in self.chains:
            return "chain"
        if scope is self.root:
            return "class"
        if is_numbered(scope) and self._is_nested(scope) and self._owns_all(scope):
            return "list"
        labels = [label for label, _ in self.owned(scope)]
        if not any(collides(label) or label in MAPPING_ATTRIBUTES for label in labels):
            plain = all(self._is_plain(child) for _, child in self.owned(scope))
            if plain and not self._is_tied(scope):
                return "dict"
            if any(map(is_item, labels)) and self._is_nested(scope):
                return "nested"
        return "holder" if all(map(is_attribute, labels)) else "mapping"

    def _is_tied(self, scope: LabelScope) -> bool:
        """Whether a tensor of a module in it is another's too: its type has to be known."""
        paths = {self._function.nodes[index].path for index in scope.members()}
        return not paths.isdisjoint(self._tied)

    def owns(self, branch: Branch) -> bool:
        """Whether a part of the tree contains modules."""
        if isinstance(branch, int):
            return self.is_module(branch)
        if branch.path in self.chains:
            return True
        return any(self.owns(child) for child in branch.children.values())

    def _owns_all(self, scope: LabelScope) -> bool:
        return all(map(self.owns, scope.children.values()))

    def _is_plain(self, child: Branch) -> bool:
        """Whether a child of a container is one expression: a module or a plain chain."""
        if isinstance(child, LabelScope):
            return child.path in self.chains
        return self.is_module(child) and self._steps[child].held == "module"

    def _is_nested(self, scope: LabelScope) -> bool:
        """Whether a container, with all in it, is one expression."""
        return all(
            self._is_plain(child)
            or (isinstance(child, LabelScope) and self.kind(child) in ("list", "dict", "nested"))
            for _, child in self.owned(scope)
        )
