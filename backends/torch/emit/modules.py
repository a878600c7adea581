"""The modules of a class: which steps are modules, how they are registered and accessed.

Registration follows the order of first appearance in the spec, and so does `state_dict()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netlang.backends.torch.diagnostics import NotAModuleName
from netlang.backends.torch.emit.holders import Holders
from netlang.backends.torch.emit.loops import folded, keyed, listed
from netlang.backends.torch.emit.members import Members
from netlang.backends.torch.emit.progressions import LOOP
from netlang.backends.torch.emit.registration import SET_BY_TORCH, Owner, buffer_fields
from netlang.backends.torch.emit.settled import settled
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.lowering.base import Held
from netlang.backends.torch.python.identifiers import is_attribute
from netlang.backends.torch.python.printer import flat
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
    Star,
    Statement,
    call,
    dotted,
)
from netlang.backends.torch.rewrite.scopes import Branch, LabelScope, is_numbered
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Function
from netlang.source import Span

__all__ = ["Modules"]

_SELF = Name("self")
_ANY = Name("Any")
# The types of members, other than scopes with a class of their own.
_TYPES: Mapping[Held, str] = {
    "module": "nn.Module", "parameter": "nn.Parameter", "buffer": "Tensor", "constant": "Tensor",
}  # fmt: skip


class Modules:
    """The modules that one class registers."""

    def __init__(
        self, function: Function, steps: Sequence[Lowered], members: Members, holders: Holders
    ) -> None:
        self._function, self._steps = function, steps
        self._members, self._holders = members, holders
        # Found once for each scope: every access by a path asks again.
        self._owners: dict[str, Owner] = {}

    def layers(self) -> tuple[Expression, ...]:
        """The layers of a class that is an `nn.Sequential`."""
        return self._sequence(self._members.root)

    @property
    def is_mapping(self) -> bool:
        """Whether the class itself is an `nn.ModuleDict`, for labels that aren't attributes."""
        return self._owner(self._members.root, _SELF).is_mapping

    def statements(self) -> tuple[Statement, ...]:
        """The statements of `__init__` that register everything."""
        root = self._owner(self._members.root, _SELF)
        return (*self._registered(self._members.root, root), *self._ties())

    def _ties(self) -> Iterator[Statement]:
        """The assignments that make one tensor of two steps' weights."""
        for node in self._function.nodes:
            for tie in () if node.reuses else node.tied:
                mine, other = self._whole(node.path), self._whole(tie.module)
                yield Assign(Attribute(mine, tie.name), Attribute(other, tie.weight))

    def _whole(self, path: str) -> Expression:
        """A module of which a tensor is set or read."""
        found = self.reference(path)
        return call("cast", _ANY, found) if isinstance(found, Index) else found

    def _owner(self, scope: LabelScope, expression: Expression) -> Owner:
        """What registers the children of a scope."""
        if scope.path not in self._owners:
            modules = (
                label
                for label, child in self._members.owned(scope)
                if not (isinstance(child, int) and self._steps[child].held != "module")
            )
            self._owners[scope.path] = Owner(expression, modules, scope.children)
        return self._owners[scope.path]

    def fields(self) -> Iterator[Field]:
        """Annotations of attributes that a type checker would take for something else."""
        labels = self._members.root.children
        held = {label: self._steps[i].held for label, i in labels.items() if isinstance(i, int)}
        yield from buffer_fields(held, labels)
        for label, child in labels.items():
            if isinstance(child, LabelScope) and is_attribute(label) and self._is_deep(child):
                yield Field(label, _ANY)

    def _is_deep(self, scope: LabelScope) -> bool:
        """Whether the items of a container have items, which no type of torch says."""
        members = self._members
        return members.kind(scope) in ("list", "nested", "mapping") and any(
            isinstance(child, LabelScope) and members.kind(child) != "chain"
            for _, child in members.owned(scope)
        )

    def _registered(self, scope: LabelScope, owner: Owner) -> Iterator[Statement]:
        for label, child in self._members.owned(scope):
            if label in SET_BY_TORCH:
                raise NetlangError(NotAModuleName(span=self._span(child), label=label))
            if isinstance(child, int):
                made = self._item(child)
                run = self._members.runs.get(child, (child,))
                if len(run) > 1:
                    if child == run[0]:
                        yield self._loop(run, made)
                    continue
                yield owner.register(label, made, self._steps[child].held)
            elif self._members.kind(child) in ("holder", "mapping"):
                yield from self._container(child, label, owner)
            else:
                yield owner.register(label, self._item(child))

    def _container(self, scope: LabelScope, label: str, owner: Owner) -> Iterator[Statement]:
        """Registers a module that only holds others, and then these."""
        inner = self._owner(scope, self._beneath(owner, label))
        is_mapping = inner.is_mapping or self._members.kind(scope) == "mapping"
        yield owner.register(label, call("nn.ModuleDict") if is_mapping
                             else Call(self._type(label, scope)))  # fmt: skip
        yield from self._registered(scope, inner)

    def _beneath(self, owner: Owner, label: str) -> Expression:
        """A container, of which something is read or set."""
        found = owner.registered(label)
        return call("cast", _ANY, found) if found == Index(_SELF, Constant(label)) else found

    def _type(self, label: str, child: Branch) -> Expression:
        """The type of a member."""
        if isinstance(child, int):
            held, made = self._steps[child].held, self._steps[child].constructor
            if held == "module" and isinstance(made, Call) and not flat(made.function).islower():
                return made.function
            return dotted(_TYPES[held])
        kind = self._members.kind(child)
        if kind == "holder":
            fields = tuple(Field(name, self._type(name, inner))
                           for name, inner in self._members.owned(child))  # fmt: skip
            return Name(self._holders.name(label, fields, self._span(child)))
        if self._is_deep(child):
            return _ANY
        types = {"chain": "nn.Sequential", "list": "nn.ModuleList"}
        return dotted(types.get(kind, "nn.ModuleDict"))

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
        """A member as one expression."""
        if isinstance(child, LabelScope):
            return self._contained(child)
        constructor = self._steps[child].constructor
        assert constructor is not None
        return settled(constructor, overwrite=False)

    def _contained(self, scope: LabelScope) -> Expression:
        """A scope whose members are expressions."""
        kind = self._members.kind(scope)
        if kind == "chain":
            return self._sequential(scope)
        if kind == "list":
            made = listed([self._item(child) for child in scope.children.values()])
            return call("nn.ModuleList", made)
        items = tuple((label, self._item(child)) for label, child in self._members.owned(scope))
        return call("nn.ModuleDict", DictDisplay(items))

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
        pairs = tuple(keyed(list(scope.children), items))
        only = pairs[0].value if len(pairs) == 1 and isinstance(pairs[0], Star) else None
        return (call("OrderedDict", only or ListDisplay(pairs)),)

    # --- access -------------------------------------------------------------------------------

    def numbered(self) -> Expression:
        """The current module of a loop."""
        return Index(_SELF, call("str", Name(LOOP)))

    def reference(self, path: str, held: Held = "module") -> Expression:
        """The expression by which `forward` accesses the module or tensor at a path."""
        found: Expression = _SELF
        scope: Branch = self._members.root
        *above, last = path.split(".")
        for part in above:
            assert isinstance(scope, LabelScope)
            if scope is self._members.root:
                found = self._beneath(self._owner(scope, found), part)
            else:
                found = self._member(found, scope, part, "module")
            scope = scope.children[part]
        assert isinstance(scope, LabelScope)
        return self._member(found, scope, last, held)

    def items(self, path: str) -> int:
        """How many modules the list has of which one is at a path; 0 if it is in none."""
        scope: Branch = self._members.root
        for part in path.split(".")[:-1]:
            scope = scope.children.get(part, 0) if isinstance(scope, LabelScope) else 0
        if not isinstance(scope, LabelScope) or scope is self._members.root:
            return 0
        return len(scope.children) if self._members.kind(scope) == "list" else 0

    def _member(self, found: Expression, scope: LabelScope, label: str, held: Held) -> Expression:
        """The member of a scope, which is `found`."""
        kind = self._members.kind(scope)
        if kind in ("chain", "list"):
            return Index(found, Constant(int(label)))
        if kind in ("dict", "nested"):
            return Index(found, Constant(label))
        return self._owner(scope, found).registered(label, held)
