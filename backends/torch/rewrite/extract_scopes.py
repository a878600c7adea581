"""Turns closed scopes into functions of their own.

A scope is closed if one value enters it and one leaves it. A closed scope that isn't a plain chain
needs a `forward`, so it becomes a class; plain chains remain and become `nn.Sequential`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import chain, count

from netlang.backends.torch.rewrite.scopes import LabelScope, Readers, is_chain, tree
from netlang.backends.torch.rewrite.terms import conditions_in, op_in, size_name, types_of, value_in
from netlang.ir.dims import Dim
from netlang.ir.numbers.provenance import (
    InputOrigin,
    ParameterOrigin,
    Traced,
    in_own_terms,
    origin_of,
)
from netlang.ir.numbers.retracing import Retracing
from netlang.ir.program import INPUT, Function, Node, Output, Port, Ref
from netlang.ir.types import TensorType
from netlang.records import Record, replace

__all__ = ["with_extracted_scopes"]


class _Closed(Record):
    path: str
    members: tuple[int, ...]
    entry: Ref
    result: Ref


def with_extracted_scopes(function: Function) -> Function:
    """A function whose closed scopes have become functions."""
    found = tuple(_outermost(_ScopedFunction(function), tree(function)))
    return _cut(function, found) if found else function


class _ScopedFunction:
    """The function that scopes are extracted from, with the facts needed about each scope."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.readers = Readers(function)
        self.uses = Counter(node.module for node in function.nodes)
        self.uses.update(tie.module for node in function.nodes for tie in node.tied)


def _outermost(whole: _ScopedFunction, scope: LabelScope) -> Iterator[_Closed]:
    """The closed scopes in a scope, without those inside another closed one.

    Whether a scope is closed doesn't depend on what is extracted beside or inside it, since a call
    reads and makes the same values.
    """
    for child in scope.children.values():
        if isinstance(child, LabelScope) and not _is_item(whole.readers, child):
            found = None if is_chain(whole.readers, child) else _closed(whole, child)
            if found is not None:
                yield found
            else:
                yield from _outermost(whole, child)


def _is_item(readers: Readers, scope: LabelScope) -> bool:
    """Whether a scope holds one module under a number: an item of an `nn.ModuleDict`."""
    if len(scope.children) != 1 or scope.merges:
        return False
    ((label, child),) = scope.children.items()
    return label.isdigit() and (not isinstance(child, LabelScope) or is_chain(readers, child))


def _closed(whole: _ScopedFunction, scope: LabelScope) -> _Closed | None:
    """The scope's boundary, if it is closed and owns something."""
    members = tuple(sorted(scope.members()))
    inside, nodes, readers = set(members), whole.function.nodes, whole.readers
    entries = {ref for i in members for ref in nodes[i].inputs if ref.producer not in inside}
    results = {
        Ref(i, k)
        for i in members
        for k in range(len(nodes[i].types))
        if any(reader not in inside for reader in readers.of(Ref(i, k)))
    }
    if len(entries) != 1 or len(results) != 1 or not _is_own(whole, members):
        return None
    return _Closed(scope.path, members, entries.pop(), results.pop())


def _is_own(whole: _ScopedFunction, members: tuple[int, ...]) -> bool:
    """Whether the members use only their own weights, all of them present and in one mode."""
    function = whole.function
    nodes = [function.nodes[index] for index in members]
    paths = {node.path for node in nodes}
    owns = any(
        isinstance(node.callee, Function) or node.callee.weights(function.input_types(node))
        for node in nodes
    )
    return (
        owns
        and len({node.auxiliary for node in nodes}) == 1
        and all(node.module in paths and not node.tied for node in nodes)
        and sum(whole.uses[path] for path in paths) == len(nodes)
    )


def _cut(function: Function, found: Sequence[_Closed]) -> Function:
    """The function with members replaced by calls, each at the place of its last member."""
    calls = {closed.members[-1]: closed for closed in found}
    inside = {index for closed in found for index in closed.members}
    kept: list[tuple[int, Node]] = []
    for index, node in enumerate(function.nodes):
        if index in calls:
            closed = calls[index]
            kept.append((closed.result.producer, _call(function, closed)))
        elif index not in inside:
            kept.append((index, node))
    place = {old: new for new, (old, _) in enumerate(kept)}
    whole = {closed.result: Ref(place[closed.result.producer], 0) for closed in found}

    def moved(ref: Ref) -> Ref:
        if ref.producer == INPUT:
            return ref
        return whole.get(ref) or Ref(place[ref.producer], ref.output)

    items = tuple(
        replace(node, inputs=tuple(moved(ref) for ref in node.inputs)) for _, node in kept
    )
    outputs = tuple(replace(output, ref=moved(output.ref)) for output in function.outputs)
    return replace(function, items=items, outputs=outputs)


def _call(function: Function, closed: _Closed) -> Node:
    """The call that replaces the members."""
    inner, first = _inner(function, closed), function.nodes[closed.members[0]]
    return Node(
        closed.path,
        inner,
        (closed.entry,),
        (function.type_of(closed.result),),
        first.span,
        closed.path,
        first.auxiliary,
        inner.arguments,
    )


def _inner(function: Function, closed: _Closed) -> Function:
    """The members as a function of the entering value. Unlike a block's, its doc is empty."""
    place = {old: new for new, old in enumerate(closed.members)}
    sizes = _Sizes(function, closed)
    terms = Retracing(sizes.inner, sizes.inputs)

    def moved(ref: Ref) -> Ref:
        if ref == closed.entry:
            return Ref(INPUT, 0)
        return Ref(place[ref.producer], ref.output)

    known = {Ref(INPUT, 0): (port := _port(function.type_of(closed.entry))).type}
    merge = _free("merge", {_below(closed.path, function.nodes[i].path) for i in closed.members})

    def local(index: int, node: Node) -> Node:
        # A labelled merge has the path of its scope, which a step inside never has: in the scope
        # `0`, the step `0.0` is called `0`.
        path = merge if node.path == closed.path else _below(closed.path, node.path)
        inputs = tuple(moved(ref) for ref in node.inputs)
        callee = node.callee if isinstance(node.callee, Function) else op_in(node.callee, terms)
        given = {name: value_in(value, terms) for name, value in node.arguments.items()}
        module = path if not node.reuses else _below(closed.path, node.module)
        moved_node = replace(node, path=path, callee=callee, inputs=inputs, module=module,
                             auxiliary=False, arguments=given)  # fmt: skip
        types = types_of(moved_node, tuple(known[ref] for ref in inputs), terms)
        known.update({Ref(place[index], k): type_ for k, type_ in enumerate(types)})
        return replace(moved_node, types=types)

    return replace(
        function,
        name=_name(function, closed.path),
        arguments=sizes.outer,
        inputs=(port,),
        items=tuple(local(index, function.nodes[index]) for index in closed.members),
        outputs=(Output("output", moved(closed.result)),),
        span=function.nodes[closed.members[0]].span,
        doc="",
        decided=conditions_in(function, terms),
        size_names=_size_names(function, closed.entry),
    )


def _port(entering: TensorType) -> Port:
    """The input of a scope, whose sizes are those of the value that enters it."""
    sizes = (
        Traced(int(size), InputOrigin(0, axis)) if isinstance(size, int) else size
        for axis, size in enumerate(entering.shape)
    )
    return Port("in", entering.with_shape(*sizes))


def _below(scope: str, path: str) -> str:
    """What a step is called inside its scope."""
    return path.removeprefix(f"{scope}.")


def _free(name: str, paths: Set[str]) -> str:
    """The name, or the name with the first number after it that makes it differ from all labels."""
    labels = {path.partition(".")[0] for path in paths}
    numbered = (f"{name}{number}" for number in count(2))
    return next(other for other in chain([name], numbered) if other not in labels)


class _Sizes:
    """The parameters of a scope: those of the function around it, and sizes of its inputs.

    `outer` are their values in the terms of that function, `inner` in those of the scope; `inputs`
    are the sizes of the function's inputs in those of the scope.
    """

    def __init__(self, function: Function, closed: _Closed) -> None:
        entering = function.type_of(closed.entry)
        self.outer: dict[str, object] = {
            name: in_own_terms(name, value) for name, value in function.arguments.items()
        }
        self.inputs: tuple[tuple[Dim, ...], ...] = tuple(
            tuple(
                self._size(InputOrigin(index, axis), size, function, entering)
                for axis, size in enumerate(port.type.shape)
            )
            for index, port in enumerate(function.inputs)
        )
        self.inner = self.outer | {
            name: in_own_terms(name, value) for name, value in self.outer.items()
        }

    def _size(
        self, origin: InputOrigin, size: Dim, function: Function, entering: TensorType
    ) -> Dim:
        """A size of an input of the function, as the scope sees it."""
        if not isinstance(size, int):
            return size
        same = [axis for axis, own in enumerate(entering.shape) if origin_of(own) == origin]
        if same:
            axis = origin.axis if origin.axis in same else same[0]
            return Traced(int(size), InputOrigin(0, axis))
        name = _free(size_name(function, origin), self.outer.keys())
        self.outer[name] = Traced(int(size), origin)
        return Traced(int(size), ParameterOrigin(name))


def _size_names(function: Function, entry: Ref) -> tuple[tuple[InputOrigin, str], ...]:
    """The names of sizes of the function's inputs that are sizes of a value, by its axes."""
    known = dict(function.size_names)
    origins = map(origin_of, function.type_of(entry).shape)
    return tuple(
        (InputOrigin(0, axis), known[origin])
        for axis, origin in enumerate(origins)
        if isinstance(origin, InputOrigin) and origin in known
    )


def _name(function: Function, path: str) -> str:
    """A name for a scope: its label without a trailing number, or the numbers below its owner."""
    label = path.rpartition(".")[2].rstrip("0123456789").rstrip("_-")
    return label or f"{function.name}_{path.replace('.', '_')}"
