"""The modules of a class: which steps are modules, how they are registered and how they are reached.

Registration follows the order of first appearance in the spec, so `state_dict()` does too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python.identifiers import MODULE_ATTRIBUTES, is_attribute
from netlang.backends.torch.python.tree import (
    Assign,
    Attribute,
    Call,
    Constant,
    Do,
    Expression,
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
    map_expression,
)
from netlang.backends.torch.scopes import Branch, Scope, is_chain, tree
from netlang.ir.program import Function
from netlang.ops.merge import Identity

__all__ = ["Modules", "settled"]

_SELF = Name("self")
_LONGEST_PERIOD = 8


def settled(part: Expression, overwrite: bool) -> Expression:
    """A tree in which it is decided whether the step may write over its input."""

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
        self._root = tree(function)
        self._chains = set(self._outermost_chains(self._root))

    # --- what is a module ---------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """Whether the class is an `nn.Sequential` itself."""
        return "" in self._chains

    def chain_of(self, index: int) -> str | None:
        """The path of the outermost plain chain that a node is in."""
        path = self._function.nodes[index].path
        ends = [end for end, char in enumerate(path) if char == "."]
        return next((path[:end] for end in ends if path[:end] in self._chains), None)

    def is_module(self, index: int) -> bool:
        """Whether a node outside of chains owns a module or learned tensor."""
        node, step = self._function.nodes[index], self._steps[index]
        if node.reuses or step.constructor is None or isinstance(node.callee, Identity):
            return False
        if isinstance(node.callee, Function) or step.function is None:
            return True
        labelled = not node.path.rpartition(".")[2].isdigit()
        return labelled or bool(node.callee.weights(self._function.input_types(node)))

    def _outermost_chains(self, scope: Scope) -> Iterator[str]:
        if is_chain(self._function, scope):
            yield scope.path
            return
        for child in scope.children.values():
            if isinstance(child, Scope):
                yield from self._outermost_chains(child)

    def _owns(self, branch: Branch) -> bool:
        """Whether a part of the tree has modules."""
        if isinstance(branch, int):
            return self.is_module(branch)
        if branch.path in self._chains:
            return True
        return any(self._owns(child) for child in branch.children.values())

    def _is_list(self, scope: Scope) -> bool:
        """Whether a container is numbered from 0 and holds modules only."""
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
        """What `__init__` does to register everything."""
        return tuple(self._registered(self._root, _SELF))

    def _registered(self, scope: Scope, owner: Expression) -> Iterator[Statement]:
        for label, child in scope.children.items():
            if not self._owns(child):
                continue
            if isinstance(child, int):
                step = self._steps[child]
                assert step.constructor is not None
                made = settled(step.constructor, overwrite=False)
                yield _set(owner, label, made, "_parameters" if step.parameter else "_modules")
            elif child.path in self._chains:
                yield _set(owner, label, self._sequential(child), "_modules")
            elif self._is_list(child):
                items = ListDisplay(_folded([self._item(c) for c in child.children.values()]))
                yield _set(owner, label, call("nn.ModuleList", items), "_modules")
            else:
                yield _set(owner, label, call("nn.Module"), "_modules")
                yield from self._registered(child, _get(owner, label, "_modules"))

    def _item(self, child: Branch) -> Expression:
        """A member of a list or chain."""
        if isinstance(child, Scope):
            return self._sequential(child)
        constructor = self._steps[child].constructor
        assert constructor is not None
        return settled(constructor, overwrite=False)

    def _sequential(self, scope: Scope) -> Call:
        return Call(dotted("nn.Sequential"), self._sequence(scope))

    def _sequence(self, scope: Scope) -> tuple[Expression, ...]:
        """The layers of a plain chain; one may write over what the layer before it made."""
        items: list[Expression] = []
        overwritable = False
        for child in scope.children.values():
            if isinstance(child, Scope):
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
        """How `forward` reaches the module or learned tensor at a path."""
        owner: Expression = _SELF
        scope: Branch = self._root
        parts = path.split(".")
        for depth, part in enumerate(parts):
            assert isinstance(scope, Scope)
            indexed = scope.path in self._chains or (scope.path and self._is_list(scope))
            kind = "_parameters" if parameter and depth == len(parts) - 1 else "_modules"
            owner = Index(owner, Constant(int(part))) if indexed else _get(owner, part, kind)
            scope = scope.children[part]
        return owner


def _set(owner: Expression, label: str, value: Expression, kind: str) -> Statement:
    """Register a module or learned tensor under a label, whatever the label is."""
    if is_attribute(label):
        return Assign(Attribute(owner, label), value)
    if _collides(label):
        return Assign(Index(Attribute(owner, kind), Constant(label)), value)
    method = "add_module" if kind == "_modules" else "register_parameter"
    return Do(Call(Attribute(owner, method), (Constant(label), value)))


def _get(owner: Expression, label: str, kind: str) -> Expression:
    if is_attribute(label):
        return Attribute(owner, label)
    if _collides(label):
        return Index(Attribute(owner, kind), Constant(label))
    method = "get_submodule" if kind == "_modules" else "get_parameter"
    return Call(Attribute(owner, method), (Constant(label),))


def _collides(label: str) -> bool:
    """Whether `nn.Module` itself has, or may have, an attribute of that name."""
    return label in MODULE_ATTRIBUTES or label.startswith("_")


def _folded(items: Sequence[Expression]) -> tuple[Expression, ...]:
    """Items with what repeats told as a comprehension."""
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


def _repetition(items: Sequence[Expression], start: int) -> tuple[int, int]:
    """Period and number of times of the longest repetition that begins at `start`."""
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
