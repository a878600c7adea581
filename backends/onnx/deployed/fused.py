"""Joins nodes of a flat graph to operators that ONNX Runtime alone has.

`SkipLayerNormalization` is a sum of two sequences and a layer norm of it, perhaps with the bias of
the linear map that made one of them; it gives the sum too. `BiasGelu` and `FastGelu` are a GELU,
exact or by tanh, of a linear map with its bias.

Needs: a graph in order, in float32. Ensures: the values of outputs, and of all steps that are left,
are as before but for rounding; the value of a step that went into another one is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from netlang.backends.onnx.graph import OF_RUNTIME, Operation
from netlang.backends.onnx.steps import Flat
from netlang.ir.program import Port
from netlang.ir.types import DType

__all__ = ["fuse", "fused_operators"]

_SEQUENCES = 2
"""The axes of a sequence of vectors besides the batch."""
_GELUS = {"none": "BiasGelu", "tanh": "FastGelu"}


def fuse(flat: Flat, inputs: Iterable[Port]) -> None:
    """Change the operations of `flat`, which has the `inputs` of its net."""
    fusing = _Fusing(flat, inputs)
    flat.graph.operations[:] = fusing.operations()
    made = {name for each in flat.graph.operations for name in each.outputs}
    for name in fusing.gone - made:
        flat.types.pop(name, None)


def fused_operators(flat: Flat) -> tuple[str, ...]:
    """A note for the user on the operators of ONNX Runtime's own, if there may be some."""
    if not flat.graph.fused:
        return ()
    kinds = Counter(each.kind for each in flat.graph.operations if each.domain == OF_RUNTIME)
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return (f"operators of ONNX Runtime's own: {told or 'none, nothing of the net is one'}",)


class _Fusing:
    """What is known of the graph, and what each operation becomes."""

    def __init__(self, flat: Flat, inputs: Iterable[Port]) -> None:
        self.gone: set[str] = set()
        self._flat = flat
        self._types = {**{port.name: port.type for port in inputs}, **flat.types}
        operations = flat.graph.operations
        self._made = {each.outputs[0]: each for each in operations}
        self._reads = Counter(name for each in operations for name in each.inputs)
        self._reads.update(flat.outputs.values())

    def operations(self) -> Sequence[Operation]:
        """All that are left, in order."""
        # By the value in whose place an operation comes; None for those that another one makes.
        instead: dict[str, Operation | None] = {}
        for operation in self._flat.graph.operations:
            found = self._norm(operation) or self._gelu(operation)
            if found is not None:
                instead[operation.outputs[0]] = found
                if len(found.outputs) > 1:  # it comes in place of the sum, which others read
                    instead[operation.outputs[0]], instead[found.outputs[-1]] = None, found
        kept = [
            instead.get(each.outputs[0], None if each.outputs[0] in self.gone else each)
            for each in self._flat.graph.operations
        ]
        return [each for each in kept if each is not None]

    def _norm(self, norm: Operation) -> Operation | None:
        """A layer norm with the sum that it reads."""
        total = self._made.get(norm.inputs[0])
        if norm.kind != "LayerNormalization" or norm.attributes["axis"] != _SEQUENCES:
            return None
        if total is None or not self._is_sum(total):
            return None
        (one, other), bias = total.inputs, ""
        for first, second in ((one, other), (other, one)):
            if (mapped := self._mapped(first)) is not None:
                self.gone.add(first)
                (one, bias), other = mapped, second
                break
        self.gone.add(total.outputs[0])
        is_read = self._reads[total.outputs[0]] > 1
        return replace(
            norm,
            kind="SkipLayerNormalization",
            inputs=(one, other, *norm.inputs[1:], *((bias,) if bias else ())),
            outputs=(*norm.outputs, "", "", total.outputs[0]) if is_read else norm.outputs,
            attributes={"epsilon": norm.attributes["epsilon"]},
            domain=OF_RUNTIME,
        )

    def _is_sum(self, total: Operation) -> bool:
        """Whether an operation adds two sequences of the same size that no norm has taken yet."""
        if total.kind != "Add" or total.outputs[0] in self.gone:
            return False
        type_, *others = (self._types.get(name) for name in (*total.outputs, *total.inputs))
        if type_ is None or type_.rank != _SEQUENCES or type_.dtype is not DType.FLOAT32:
            return False
        return type_.batch is not None and others == [type_, type_]

    def _gelu(self, gelu: Operation) -> Operation | None:
        """A GELU with the bias of the map that it reads."""
        if gelu.kind != "Gelu" or (mapped := self._mapped(gelu.inputs[0])) is None:
            return None
        type_ = self._types.get(gelu.inputs[0])
        if type_ is None or type_.dtype is not DType.FLOAT32:
            return None
        self.gone.add(gelu.inputs[0])
        kind = _GELUS[str(gelu.attributes["approximate"])]
        return replace(gelu, kind=kind, inputs=mapped, attributes={}, domain=OF_RUNTIME)

    def _mapped(self, value: str) -> tuple[str, str] | None:
        """The product and the bias of which a value is the sum, if nothing else reads it."""
        total = self._made.get(value)
        if total is None or total.kind != "Add" or self._reads[value] != 1 or value in self.gone:
            return None
        product, bias = total.inputs
        weight = self._flat.graph.weights.get(bias)
        maker = self._made.get(product)
        if weight is None or maker is None or maker.kind != "MatMul" or len(weight.shape) != 1:
            return None
        return product, bias
