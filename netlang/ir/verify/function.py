"""Verifies one function."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import final

from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import evaluate
from netlang.ir.numbers.provenance import InputOrigin, Leaf, evaluated, traced_in, value_at
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Item, Node, Ref, Repeat
from netlang.ir.repeats import first_times, step_number
from netlang.ir.types import DType, TensorType, Types, float_type
from netlang.ir.verify.labels import label_faults
from netlang.ir.verify.places import speak_of, stands_in_its_source
from netlang.ir.verify.reads import unread
from netlang.records import names_of, replace
from netlang.source import Span

__all__ = ["FunctionCheck"]


def _types_text(types: Types) -> str:
    return ", ".join(map(str, types)) or "nothing"


@final
class FunctionCheck:
    """Checks one function."""

    def __init__(
        self, function: Function, sizes: Mapping[str, int], floats: DType, moved: Collection[str]
    ) -> None:  # fmt: skip
        self._function, self._sizes, self._floats, self._moved = function, sizes, floats, moved

    def run(self) -> None:
        """Raises `InternalError` at the first invariant that is broken."""
        for port in self._function.inputs:
            self._type(port.type, f"input {port.name}")
        self._items(self._function.items, 0)
        self._labels()
        self._outputs()
        self._everything_is_read()
        self._span(self._function.span, "its name")

    def _demand(self, holds: bool, what: str) -> None:
        if not holds:
            raise InternalError(f"function {self._function.name}: {what}")

    # Uses.

    def _items(self, items: tuple[Item, ...], number: int) -> int:
        """Check items from node `number` on; returns the number after them."""
        for item in items:
            if isinstance(item, Node):
                self._node(item, number)
                number += 1
            else:
                number = self._repeat(item, number)
        return number

    def _repeat(self, repeat: Repeat, number: int) -> int:
        what = f"the repeat at node {number}"
        self._demand(repeat.first == number, f"{what} says that it begins at {repeat.first}")
        self._demand(repeat.count >= 2 and repeat.step >= 1, f"{what} repeats nothing")
        end = self._items(repeat.items, number)
        self._demand(end - number == repeat.size, f"{what} has {end - number} nodes a time")
        self._demand(number <= repeat.carry_out.producer < end, f"{what} hands on no value of it")
        self._demand(repeat.carry_in.producer < number, f"{what} begins with a value of its own")
        given, taken = map(self._function.type_of, (repeat.carry_out, repeat.carry_in))
        self._demand(given == taken, f"{what} takes {taken} and hands on {given}")
        for node in first_times(repeat.items):
            parts = node.path.split(".")
            named = repeat.depth < len(parts) and step_number(parts[repeat.depth]) is not None
            self._demand(named, f"{what} has a step {node.path} without a number to count")
        return number + repeat.count * repeat.size

    def _node(self, node: Node, number: int) -> None:
        what = f"node {number} ({node.path})"
        for ref in node.inputs:
            self._demand(ref.producer < number, f"{what} reads node {ref.producer} after it")
            self._ref(ref, what)
        inputs = self._function.input_types(node)
        if isinstance(node.callee, Op):
            self._operator(node.callee, inputs, node.types, what)
        else:
            self._call(node, node.callee, inputs, what)
        for type in node.types:
            self._type(type, what)
        self._provenance(node, what)

    def _ref(self, ref: Ref, what: str) -> None:
        if ref.producer == INPUT:
            exists = 0 <= ref.output < len(self._function.inputs)
        else:
            exists = 0 <= ref.output < len(self._function.node(ref.producer).types)
        self._demand(exists, f"{what} reads {ref}, which doesn't exist")

    # Types and costs.

    def _operator(self, op: Op, inputs: Types, outputs: Types, what: str) -> None:
        self._demand(op.takes(len(inputs)), f"{what} reads {len(inputs)} values")
        inferred = self._inferred(op, inputs)
        self._demand(
            inferred == outputs, f"{what} is {_types_text(outputs)}, not {_types_text(inferred)}"
        )
        cost = op.cost(inputs)
        for figure in (cost.macs, cost.other):
            self._demand(evaluate(figure, self._sizes) >= 0, f"{what} costs {figure}")
        weights = op.weights(inputs)
        sizes, names = {each.elements for each in weights}, {each.name for each in weights}
        self._demand(min(sizes, default=0) >= 0, f"{what} owns less than nothing")
        self._demand(len(names) == len(weights), f"{what} owns two tensors of one name")
        for output in range(len(outputs)):
            op.reach(inputs, output)

    def _inferred(self, op: Op, inputs: Types) -> Types:
        """The types that an operator infers; if it reads no floats, in the net's own type."""
        outputs = op.infer(inputs).outputs
        if float_type(inputs) is not None:
            return outputs
        return tuple(
            replace(each, dtype=self._floats) if each.dtype.is_float else each for each in outputs
        )

    def _call(self, node: Node, callee: Function, inputs: Types, what: str) -> None:
        taken = tuple(port.type for port in callee.inputs)
        self._demand(
            inputs == taken, f"{what} is given {_types_text(inputs)} for {_types_text(taken)}"
        )
        given = callee.output_types
        self._demand(
            node.types == given, f"{what} is {_types_text(node.types)}, not {_types_text(given)}"
        )
        unknown = set(node.arguments) - set(callee.arguments)
        self._demand(not unknown, f"{what} gives arguments that don't exist: {sorted(unknown)}")

    def _type(self, type: TensorType, what: str) -> None:
        dims = (*type.shape, *(() if type.batch is None else (type.batch,)))
        speak_of(dims, self._sizes, f"function {self._function.name}: {what}")
        for size in dims:
            self._demand(evaluate(size, self._sizes) >= 0, f"{what} has a size of {size}")

    # Labels.

    def _labels(self) -> None:
        for fault in label_faults(self._function.items, self._moved):
            self._demand(False, fault)

    # What is deployed, and what is read.

    def _outputs(self) -> None:
        outputs = self._function.outputs
        names = {output.name for output in outputs}
        self._demand(len(names) == len(outputs) > 0, "outputs aren't named once each")
        for output in outputs:
            self._ref(output.ref, f"output {output.name}")
            self._demand(output.auxiliary or not self._trains_only(output.ref),
                         f"output {output.name} is deployed and its value isn't")  # fmt: skip
        for node in first_times(self._function.items):
            needed = not node.auxiliary and any(map(self._trains_only, node.inputs))
            self._demand(not needed, f"{node.path} is deployed and reads what isn't")

    def _trains_only(self, ref: Ref) -> bool:
        return ref.producer != INPUT and self._function.node(ref.producer).auxiliary

    def _everything_is_read(self) -> None:
        read = {output.ref.producer for output in self._function.outputs}
        found = list(unread(self._function.items, read))
        self._demand(not found, f"nothing reads {found}")

    def _provenance(self, node: Node, what: str) -> None:
        self._span(node.span, what)
        for name, span in node.written.items():
            self._span(span, f"{what}, argument {name}")
        values = [*node.arguments.values(), *(each.shape for each in node.types)]
        if isinstance(node.callee, Op):
            values += [getattr(node.callee, name) for name in names_of(node.callee)]
        for traced in traced_in(values):
            given = evaluated(traced.origin, self._leaf)
            self._demand(given == traced, f"{what}: {+traced} should come from {traced.origin}")

    def _leaf(self, leaf: Leaf) -> object:
        """The value of a parameter or size for the function's arguments and inputs."""
        if isinstance(leaf, InputOrigin):
            return self._function.inputs[leaf.index].type.shape[leaf.axis]
        return value_at(self._function.arguments, leaf)

    def _span(self, span: Span, what: str) -> None:
        stands_in_its_source(span, f"function {self._function.name}: {what}")
