"""Numbers in which the instances of a block differ, though none of its parameters gives them.

On exit, each is a parameter of the functions: the sizes that follow from it are told in terms of
it, and the calls pass it in the terms of the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlang.backends.torch.rewrite.class_sharing import Variant, Variants
from netlang.backends.torch.rewrite.terms import types_of
from netlang.ir.numbers.computed import Plain, is_number
from netlang.ir.numbers.provenance import Applied, ParameterOrigin, origin_of, with_origin
from netlang.ir.numbers.retracing import Retracing
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.ir.types import TensorType
from netlang.records import names_of, replace

__all__ = ["with_own_numbers"]

# What a function gets in addition: the values of its new parameters in its own terms.
Added = Mapping[str, Plain]


def with_own_numbers(variants: Variants) -> Function:
    """The net in which such numbers are parameters."""
    done: dict[Function, tuple[Function, Added]] = {}
    for variant in variants:
        done.update(_Instances(variant, done).changed())
    return done[variants.net.sample][0]


class _Instances:
    """The instances of one variant while their nodes are gone through together."""

    def __init__(self, variant: Variant, done: Mapping[Function, tuple[Function, Added]]) -> None:
        self._functions, self._done = variant.instances, done
        self._added: list[dict[str, Plain]] = [{} for _ in variant.instances]
        self._known: list[dict[Ref, TensorType]] = [
            {Ref(INPUT, index): port.type for index, port in enumerate(function.inputs)}
            for function in variant.instances
        ]

    def changed(self) -> Mapping[Function, tuple[Function, Added]]:
        nodes = [self._nodes(index) for index in range(len(self._functions[0].nodes))]
        found: dict[Function, tuple[Function, Added]] = {}
        for place, function in enumerate(self._functions):
            own, added = tuple(row[place] for row in nodes), self._added[place]
            same = not added and all(a is b for a, b in zip(own, function.nodes, strict=True))
            plain = {name: +value for name, value in added.items()}
            arguments = {**function.arguments, **plain}
            new = function if same else replace(function, items=own, arguments=arguments)
            found[function] = new, added
        return found

    def _nodes(self, index: int) -> list[Node]:
        """Node `index` of each instance."""
        nodes = [self._called(place, f.nodes[index]) for place, f in enumerate(self._functions)]
        nodes = self._told_apart(nodes) if len(nodes) > 1 else nodes
        for place, before in enumerate(nodes):
            node, known = before, self._known[place]
            inputs = tuple(known[ref] for ref in node.inputs)
            types = types_of(node, inputs) if self._added[place] else node.types
            if any(map(_differs, types, node.types)):
                nodes[place] = node = replace(node, types=types)
            known.update({Ref(index, k): type_ for k, type_ in enumerate(node.types)})
        return nodes

    def _called(self, place: int, node: Node) -> Node:
        """A node that calls the callee as it is now, with what that gets in addition."""
        if not isinstance(node.callee, Function):
            return node
        callee, added = self._done[node.callee]
        if callee is node.callee:
            return node
        inputs = tuple(self._known[place][ref].shape for ref in node.inputs)
        terms = Retracing(node.arguments, inputs)
        passed = {name: terms.number(value) for name, value in added.items()}
        return replace(node, callee=callee, arguments={**node.arguments, **passed})

    def _told_apart(self, nodes: list[Node]) -> list[Node]:
        """The nodes with a parameter for each number in which they differ."""
        path = nodes[0].path.replace(".", "_")
        if isinstance(nodes[0].callee, Function):
            names = [name for name in nodes[0].arguments if all(name in n.arguments for n in nodes)]
            for name in names:
                before = [node.arguments[name] for node in nodes]
                after = self._parameter(f"{path}_{name}", before)
                if after is not before:
                    nodes = [replace(node, arguments={**node.arguments, name: value})
                             for node, value in zip(nodes, after, strict=True)]  # fmt: skip
            return nodes
        operators = [node.callee for node in nodes if isinstance(node.callee, Op)]
        for name in names_of(operators[0]):
            before = [getattr(op, name) for op in operators]
            after = self._parameter(f"{path}_{name}", before)
            if after is not before:
                operators = [replace(op, **{name: value})
                             for op, value in zip(operators, after, strict=True)]  # fmt: skip
                nodes = [replace(node, callee=op)
                         for node, op in zip(nodes, operators, strict=True)]  # fmt: skip
        return nodes

    def _parameter(self, name: str, values: list[object]) -> list[object]:
        """The values in terms of a new parameter, if they are numbers of different origin."""
        first = values[0]
        if isinstance(first, Applied):
            return self._in_layers(name, [v for v in values if isinstance(v, Applied)], values)
        if isinstance(first, tuple):
            return self._in_lists(name, [v for v in values if isinstance(v, tuple)], values)
        numbers = [value for value in values if is_number(value)]
        if len(numbers) < len(values) or not any(_apart(first, value) for value in values):
            return values
        taken = self._functions[0].arguments
        while name in taken or any(name in added for added in self._added):
            name += "_"
        for added, value in zip(self._added, numbers, strict=True):
            added[name] = value
        return [with_origin(+value, ParameterOrigin(name)) for value in numbers]

    def _in_lists(
        self, name: str, lists: Sequence[tuple[object, ...]], values: list[object]
    ) -> list[object]:
        if len(lists) < len(values) or len({len(items) for items in lists}) > 1:
            return values
        columns = [list(column) for column in zip(*lists, strict=True)]
        changed = [self._parameter(f"{name}_{i}", column) for i, column in enumerate(columns)]
        if all(map(_same, changed, columns)):
            return values
        return list(map(tuple, zip(*changed, strict=True)))

    def _in_layers(
        self, name: str, layers: Sequence[Applied], values: list[object]
    ) -> list[object]:
        if len(layers) < len(values):
            return values
        given = [dict(layer.numbers()) for layer in layers]
        changes: list[dict[str, object]] = [{} for _ in layers]
        for key in given[0]:
            if not all(key in each for each in given):
                continue
            before = [each[key] for each in given]
            after = self._parameter(f"{name}_{key}", before)
            if after is not before:
                for change, value in zip(changes, after, strict=True):
                    change[key] = value
        if not changes[0]:
            return values
        return [layer.with_numbers(c) for layer, c in zip(layers, changes, strict=True)]


def _same(one: object, two: object) -> bool:
    return one is two


def _apart(one: object, two: object) -> bool:
    """Whether two numbers came from different places, or are different numbers."""
    return origin_of(one) != origin_of(two) or (origin_of(one) is None and one != two)


def _differs(one: TensorType, two: TensorType) -> bool:
    """Whether sizes of types came from different places."""
    return any(origin_of(a) != origin_of(b) for a, b in zip(one.shape, two.shape, strict=True))
