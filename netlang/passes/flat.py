"""Makes one flat function of a program, and edits one.

Needs: a program as elaborated. Ensures: the same steps in the same order, without calls, repeats
and whatever exists in training only; paths are full and modules are the keys of weights.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from netlang.ir.numbers.provenance import without_origins
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Program, Ref, Tie
from netlang.ir.types import TensorType, Types
from netlang.passes.deployed import Deployed
from netlang.records import names_of, replace

__all__ = ["edited", "flattened", "readers"]


def flattened(program: Program, *, training: bool = False) -> Deployed:
    """`program` as one function, as it is deployed; in `training`, with all of its steps."""
    inliner = _Inliner(training)
    net = program.net
    inputs = tuple(Ref(INPUT, index) for index in range(len(net.inputs)))
    values = inliner.function(net, "", "", inputs)
    outputs = tuple(
        replace(output, ref=values[index], auxiliary=False)
        for index, output in enumerate(net.outputs)
        if training or not output.auxiliary
    )
    whole = replace(
        net, items=tuple(inliner.nodes), outputs=outputs, pinned=frozenset(), decided=()
    )
    return Deployed(replace(program, net=whole, conditions=program.deployed_conditions), {})


class _Inliner:
    """Collects the nodes of one instance of a function after the other."""

    def __init__(self, training: bool) -> None:
        self._training = training
        self.nodes: list[Node] = []
        # By identity: instances of a function share operators and types.
        self._operators: dict[int, tuple[Op, Op]] = {}
        self._types: dict[int, tuple[Types, Types]] = {}

    def function(
        self, function: Function, path: str, module: str, inputs: tuple[Ref, ...]
    ) -> dict[int, Ref]:
        """Add a function's steps that are wanted; returns its outputs of that kind by index."""
        values = {Ref(INPUT, index): ref for index, ref in enumerate(inputs)}
        for number, node in enumerate(function.nodes):
            if self._training or not node.auxiliary:
                for index, ref in self._node(node, path, module, values).items():
                    values[Ref(number, index)] = ref
        return {
            index: values[output.ref]
            for index, output in enumerate(function.outputs)
            if self._training or not output.auxiliary
        }

    def _node(
        self, node: Node, path: str, module: str, values: Mapping[Ref, Ref]
    ) -> dict[int, Ref]:
        inputs = tuple([values[ref] for ref in node.inputs])
        place, owner = path + node.path, module + node.module
        if isinstance(node.callee, Function):
            return self.function(node.callee, f"{place}.", f"{owner}.", inputs)
        ties = tuple([Tie(tie.name, module + tie.module, tie.weight) for tie in node.tied])
        types = self._plain_types(node.types)
        op = self._plain_operator(node.callee)
        self.nodes.append(Node(place, op, inputs, types, node.span, owner, tied=ties))
        number = len(self.nodes) - 1
        return {index: Ref(number, index) for index in range(len(types))}

    def _plain_operator(self, op: Op) -> Op:
        found = self._operators.get(id(op))
        if found is None:
            plain = {name: without_origins(getattr(op, name)) for name in names_of(op)}
            found = self._operators[id(op)] = op, replace(op, **plain)
        return found[1]

    def _plain_types(self, types: Types) -> Types:
        found = self._types.get(id(types))
        if found is None:
            found = self._types[id(types)] = types, tuple(map(_plain_type, types))
        return found[1]


def _plain_type(type_: TensorType) -> TensorType:
    return replace(type_, shape=without_origins(type_.shape))


def readers(net: Function) -> dict[Ref, int]:
    """How often each value of a flat function is read, by nodes and outputs."""
    found: dict[Ref, int] = {}
    for ref in _reads(net):
        found[ref] = found.get(ref, 0) + 1
    return found


def _reads(net: Function) -> Iterator[Ref]:
    for node in net.nodes:
        yield from node.inputs
    for output in net.outputs:
        yield output.ref


def edited(
    net: Function,
    changed: Mapping[int, Node],
    instead: Mapping[int, Ref],
    unread: Collection[int] = (),
) -> Function:
    """A flat function with some nodes changed and others left out, all by their number.

    What read a node that is left out reads the value `instead` of it, which stands before it and
    may be left out in turn; nothing that is kept reads those that are `unread`. Values are those of
    `net`, also in `changed`.
    """
    now: dict[int, Ref] = {}
    numbers: dict[int, int] = {}
    kept: list[Node] = []

    def moved(ref: Ref) -> Ref:
        if ref.producer == INPUT:
            return ref
        if ref.producer in now:
            return now[ref.producer]
        return Ref(numbers[ref.producer], ref.output)

    for number, old in enumerate(net.nodes):
        if number in unread:
            continue
        if number in instead:
            now[number] = moved(instead[number])
            continue
        node = changed.get(number, old)
        numbers[number] = len(kept)
        kept.append(replace(node, inputs=tuple(map(moved, node.inputs))))
    outputs = tuple([replace(output, ref=moved(output.ref)) for output in net.outputs])
    return replace(net, items=tuple(kept), outputs=outputs)
